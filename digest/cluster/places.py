"""Places that headlines name, as paths from the country down: ("ukraine", "odesa").

A path is compatible with its own beginnings and continuations: Kyiv with Ukraine, not with
Odesa.  The table covers every country and the towns that make headlines most; a place that is
not here is left to the other signals.
"""

from collections.abc import Sequence

__all__ = ["PATHS", "Path", "compatible", "longest_at"]

Path = tuple[str, ...]

# name and adjectives > town, town=other spelling ...; the first word is the country's key,
# a dash joins words.  A region holds its towns in brackets.
_TABLE = """
afghanistan afghan afghans > kabul kandahar herat
albania albanian > tirana
algeria algerian > algiers
angola angolan > luanda
argentina argentine argentinian > buenos-aires cordoba rosario
armenia armenian > yerevan
australia australian australians aussie > sydney melbourne brisbane perth canberra adelaide darwin
    hobart
austria austrian > vienna graz salzburg
azerbaijan azerbaijani > baku
bahrain bahraini > manama
bangladesh bangladeshi > dhaka chittagong
belarus belarusian > minsk
belgium belgian > brussels antwerp ghent liege
bolivia bolivian > la-paz
bosnia bosnian > sarajevo
brazil brazilian brazilians > rio-de-janeiro sao-paulo brasilia
bulgaria bulgarian > sofia
burkina-faso burkinabe > ouagadougou
burundi burundian
cambodia cambodian > phnom-penh
cameroon cameroonian > yaounde douala
canada canadian canadians > toronto montreal ottawa vancouver calgary quebec alberta manitoba
    edmonton winnipeg
chad chadian
chile chilean > santiago valparaiso
china chinese prc > beijing shanghai shenzhen guangzhou wuhan chengdu chongqing xinjiang tibet
    hong-kong
colombia colombian > bogota medellin
congo congolese drc > kinshasa goma bukavu
costa-rica costa-rican
croatia croatian > zagreb dubrovnik
cuba cuban > havana
cyprus cypriot > nicosia
czechia czech > prague brno
denmark danish danes > copenhagen aarhus
ecuador ecuadorian > quito guayaquil
egypt egyptian egyptians > cairo alexandria
el-salvador salvadoran
eritrea eritrean
estonia estonian > tallinn
ethiopia ethiopian > addis-ababa tigray
fiji fijian
finland finnish finns > helsinki
france french > paris marseille lyon toulouse nantes strasbourg bordeaux lille cannes
gaza gazan gazans > rafah khan-younis gaza-city jabalia
georgia georgian georgians > tbilisi
germany german germans > berlin munich hamburg frankfurt cologne stuttgart dresden leipzig
ghana ghanaian > accra
greece greek greeks > athens thessaloniki
greenland greenlandic
guatemala guatemalan
guinea guinean > conakry
haiti haitian haitians > port-au-prince
honduras honduran > tegucigalpa
hungary hungarian hungarians > budapest
iceland icelandic > reykjavik
india indian indians > delhi=new-delhi mumbai=bombay chennai=madras kolkata=calcutta
    bengaluru=bangalore hyderabad kerala[thiruvananthapuram kochi kozhikode] punjab
    karnataka[belagavi mysuru] tamil-nadu telangana kashmir[srinagar] gujarat[ahmedabad] pune
    lucknow assam manipur bihar goa
indonesia indonesian indonesians > jakarta bali sumatra java sulawesi
iran iranian iranians > tehran isfahan mashhad
iraq iraqi iraqis > baghdad mosul basra erbil
ireland irish > dublin
israel israeli israelis > tel-aviv jerusalem haifa eilat
italy italian italians > rome milan naples turin venice florence sicily[palermo] genoa
ivory-coast ivorian > abidjan
jamaica jamaican > kingston
japan japanese > tokyo osaka kyoto hiroshima okinawa fukushima nagasaki hokkaido
jordan jordanian > amman
kazakhstan kazakh > astana almaty
kenya kenyan kenyans > nairobi mombasa
north-korea north-korean north-koreans n-korea n-korean dprk pyongyang
south-korea south-korean south-koreans s-korea s-korean rok > seoul busan incheon daegu ulsan jeju
    gwangju
kosovo kosovan > pristina
kuwait kuwaiti
kyrgyzstan kyrgyz > bishkek
laos laotian
latvia latvian > riga
lebanon lebanese > beirut tripoli-lebanon
liberia liberian > monrovia
libya libyan > benghazi tripoli
lithuania lithuanian > vilnius
luxembourg
madagascar malagasy > antananarivo
malawi malawian
malaysia malaysian malaysians > kuala-lumpur penang johor
maldives
mali malian > bamako
malta maltese
mexico mexican mexicans > mexico-city guadalajara tijuana sinaloa
moldova moldovan > chisinau
mongolia mongolian > ulaanbaatar
montenegro
morocco moroccan > rabat casablanca marrakesh
mozambique mozambican > maputo
myanmar burma burmese > yangon naypyidaw mandalay
namibia namibian
nepal nepali nepalese > kathmandu
netherlands dutch > amsterdam rotterdam the-hague utrecht
new-zealand > auckland wellington christchurch
nicaragua nicaraguan
niger nigerien
nigeria nigerian nigerians > lagos abuja kano borno
norway norwegian norwegians > oslo bergen
oman omani > muscat
pakistan pakistani pakistanis > karachi lahore islamabad peshawar quetta balochistan
panama panamanian
papua-new-guinea
paraguay paraguayan
peru peruvian > lima cusco
philippines philippine filipino filipinos > manila mindanao cebu
poland polish poles > warsaw krakow gdansk lodz
portugal portuguese > lisbon porto
qatar qatari > doha
romania romanian romanians > bucharest
russia russian russians kremlin > moscow st-petersburg=saint-petersburg belgorod kursk bryansk
    rostov kaliningrad grozny chechnya vladivostok
rwanda rwandan > kigali
saudi-arabia saudi saudis > riyadh jeddah mecca
senegal senegalese > dakar
serbia serbian serbs > belgrade novi-sad
sierra-leone > freetown
singapore singaporean
slovakia slovak > bratislava
slovenia slovenian > ljubljana
somalia somali > mogadishu
south-africa south-african south-africans > johannesburg cape-town pretoria durban
south-sudan > juba
spain spanish spaniards > madrid barcelona valencia seville bilbao catalonia malaga
sri-lanka sri-lankan > colombo
sudan sudanese > khartoum darfur el-fasher port-sudan
sweden swedish swedes > stockholm gothenburg malmo
switzerland swiss > geneva zurich bern basel davos
syria syrian syrians > damascus aleppo homs idlib
taiwan taiwanese > taipei kaohsiung
tajikistan tajik
tanzania tanzanian > dar-es-salaam
thailand thai thais > bangkok phuket chiang-mai
tunisia tunisian > tunis
turkey turkish turkiye türkiye > istanbul ankara izmir antalya
turkmenistan
uganda ugandan > kampala
ukraine ukrainian ukrainians > kyiv=kiev odesa=odessa kharkiv=kharkov lviv dnipro zaporizhzhia
    kherson mykolaiv sumy poltava chernihiv crimea[sevastopol] donetsk[pokrovsk bakhmut] luhansk
    mariupol
uae emirati emirates united-arab-emirates > dubai abu-dhabi sharjah
uk britain british briton britons united-kingdom great-britain > england=english[london manchester
    liverpool birmingham leeds bristol newcastle sheffield southport] scotland=scottish[edinburgh
    glasgow aberdeen] wales=welsh[cardiff] northern-ireland[belfast]
us usa u.s u.s.a washington white-house america american americans united-states >
    california[los-angeles san-francisco san-diego] texas=texan[houston dallas austin]
    florida[miami orlando] illinois[chicago] massachusetts[boston] louisiana[new-orleans]
    new-york=nyc arizona[phoenix] georgia-state[atlanta] colorado[denver boulder]
    michigan[detroit] minnesota[minneapolis] nevada[las-vegas] oregon[portland]
    pennsylvania[philadelphia pittsburgh] ohio wisconsin alaska hawaii[maui] virginia
    tennessee[nashville] missouri[st-louis] kentucky alabama utah oklahoma kansas iowa idaho
    montana nebraska seattle baltimore washington-dc
uruguay uruguayan > montevideo
uzbekistan uzbek > tashkent
venezuela venezuelan venezuelans > caracas
vietnam vietnamese > hanoi ho-chi-minh-city
west-bank > jenin nablus ramallah hebron
yemen yemeni > sanaa hodeidah aden
zambia zambian > lusaka
zimbabwe zimbabwean > harare
"""


def _names(written: str, parent: Path, table: dict[str, Path]) -> Path:
    """File every spelling of one place ("odesa=odessa") under `parent`; its path."""
    spellings = [name.replace("-", " ") for name in written.split("=")]
    path = (*parent, spellings[0])
    for spelling in spellings:
        table.setdefault(spelling, path)
    return path


def _read_table() -> dict[str, Path]:
    table: dict[str, Path] = {}
    for row in _TABLE.replace("\n    ", " ").strip().splitlines():
        country_names, _, towns = row.partition(" > ")
        parent = latest = country = _names("=".join(country_names.split()), (), table)
        for word in towns.replace("[", " [ ").replace("]", " ] ").split():
            if word == "[":
                parent = latest
            elif word == "]":
                parent = country
            else:
                latest = _names(word, parent, table)
    return table


PATHS: dict[str, Path] = _read_table()

_MOST_WORDS = max(name.count(" ") for name in PATHS) + 1
_BEGINNINGS = frozenset(name.split()[0] for name in PATHS)


def longest_at(words: Sequence[str], at: int) -> tuple[Path, int] | None:
    """Find the longest place named from `at` on; its path and its number of words.

    Places are written with a capital: "Turkey", not "turkey"; "US", not "us".
    """
    first = words[at]
    if not first[0].isupper() or first == "Us" or first.casefold() not in _BEGINNINGS:
        return None
    for size in range(min(_MOST_WORDS, len(words) - at), 0, -1):
        path = PATHS.get(" ".join(words[at : at + size]).casefold())
        if path is not None:
            return path, size
    return None


def compatible(one: Path, other: Path) -> bool:
    """Say whether one place lies in the other, or is the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
