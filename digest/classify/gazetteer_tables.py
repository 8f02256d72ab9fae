"""What general sources lack about place names in headlines.  Read by `build_gazetteer` only.

Names stand as written in text; "|" between them.
"""

# CLDR territories that are regions, or names no headline means as a country.
NOT_COUNTRIES = frozenset(
    {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
)

# English adjectives and peoples where the general source is wrong or thin.
DEMONYMS = {
    "AE": "Emirati",
    "AR": "Argentine|Argentinian|Argentinean",
    "AZ": "Azerbaijani|Azeri",
    "BA": "Bosnian",
    "BW": "Botswanan",
    "CD": "Congolese",
    "DK": "Danish|Dane|Danes",
    "DJ": "Djiboutian",
    "DM": "",
    "ES": "Spanish|Spaniard",
    "FI": "Finnish|Finn|Finns",
    "FR": "French|Frenchman|Frenchwoman",
    "GB": "British|Briton|Britons|Brit|Brits|Scottish|Scot|Scots|Welsh|Englishman",
    "GL": "Greenlandic|Greenlander",
    "GR": "Greek|Greeks",
    "HK": "Hong Konger",
    "HR": "Croatian|Croat|Croats",
    "IE": "Irish|Irishman",
    "IM": "Manx",
    "IO": "",
    "IS": "Icelandic|Icelander",
    "KG": "Kyrgyz",
    "KZ": "Kazakh|Kazakhs",
    "LS": "Basotho",
    "LU": "Luxembourgish",
    "MF": "",
    "MM": "Burmese|Rohingya",
    "MO": "Macanese",
    "MP": "",
    "MQ": "",
    "MV": "Maldivian",
    "NL": "Dutch|Dutchman",
    "NP": "Nepali|Nepalese",
    "NZ": "New Zealander|Kiwi|Kiwis",
    "PF": "",
    "PH": "Filipino|Filipinos|Filipina|Philippine",
    "PL": "Polish|Poles",
    "PM": "",
    "PS": "Palestinian",
    "PT": "Portuguese",
    "RE": "",
    "RO": "Romanian",
    "SA": "Saudi|Saudis",
    "SE": "Swedish|Swede|Swedes",
    "SI": "Slovenian|Slovene",
    "SK": "Slovak|Slovaks",
    "SJ": "",
    "TF": "",
    "TH": "Thai|Thais",
    "TJ": "Tajik|Tajiks",
    "TM": "Turkmen",
    "TR": "Turkish|Turk|Turks",
    "UZ": "Uzbek|Uzbeks",
    "XK": "Kosovan|Kosovar",
    "YT": "",
    "ZA": "South African",
    "KR": "South Korean|Korean",
    "CN": "Chinese",
    "CZ": "Czech|Czechs",
    "DO": "Dominican",
    "CG": "",
}

# Names general sources do not have: provinces often in the news, short forms, seas and landmarks,
# adjectives in other languages that are written with a capital.
MORE = {
    "AE": "UAE|U.A.E.|Dubai|Abu Dhabi|Sharjah",
    "AF": "Kandahar|Bagram|Helmand",
    "AM": "Nagorno-Karabakh",
    "AU": (
        "Aussie|Aussies|Queensland|New South Wales|Tasmania|Western Australia|South Australia|"
        "Sydney|Melbourne|Canberra"
    ),
    "BA": "Bosnia|Sarajevo|Srebrenica|Republika Srpska",
    "BD": "Cox's Bazar|Chittagong|Dhaka",
    "BE": "Flanders|Flemish|Wallonia|Antwerp|Ghent|Bruges",
    "BR": "Brasil|Rio de Janeiro|Amazonas|Sao Paulo",
    "CA": (
        "Quebec|Ontario|Alberta|British Columbia|Manitoba|Saskatchewan|Nova Scotia|Newfoundland|"
        "Yukon|Nunavut|Vancouver|Toronto|Montreal|Ottawa|Winnipeg|Calgary"
    ),
    "CD": (
        "DR Congo|DRC|D.R. Congo|Democratic Republic of Congo|Democratic Republic of the Congo|"
        "Goma|Bukavu|North Kivu|South Kivu|Ituri"
    ),
    "CG": "Republic of the Congo|Congo-Brazzaville",
    "CF": "Central African Republic",
    "CH": "Geneva|Zurich|Davos|Basel|Lausanne|Bern|Swiss Alps|Valais|Lucerne",
    "CI": "Ivory Coast|Côte d'Ivoire|Cote d'Ivoire|Abidjan",
    "CN": (
        "PRC|Xinjiang|Tibet|Tibetan|Tibetans|Uyghur|Uyghurs|Uighur|Uighurs|Guangdong|Sichuan|"
        "Hubei|Hunan|Hebei|Henan|Zhejiang|Jiangsu|Yunnan|Fujian|Hainan|Inner Mongolia|Shandong|"
        "Guangxi|Shaanxi|Shanxi|Anhui|Jiangxi|Guizhou|Gansu|Qinghai|Ningxia|Heilongjiang|Jilin|"
        "Liaoning|Beijing|Shanghai|Shenzhen|Guangzhou|Wuhan|Chongqing|Peking|Tiananmen"
    ),
    "CU": "Guantanamo|Havana",
    "CZ": "Czech Republic|Czechia|Prague|Brno",
    "DE": (
        "Bavaria|Bavarian|Saxony|Thuringia|Hesse|Brandenburg|North Rhine-Westphalia|"
        "Baden-Wurttemberg|Lower Saxony|Schleswig-Holstein|Rhineland|Munich|Cologne|Nuremberg|"
        "Hanover|Frankfurt|Hamburg|Berlin|Stuttgart|Leipzig|Dresden|Dortmund|Düsseldorf|"
        "Dusseldorf|Bonn|Solingen|Magdeburg"
    ),
    "DK": "Copenhagen|Aarhus",
    "EG": "Sinai|Cairo|Alexandria|Giza|Luxor|Suez|Sharm el-Sheikh",
    "ES": (
        "Catalonia|Catalan|Catalans|Catalunya|Cataluña|Andalusia|Andalucía|Basque|Galicia|"
        "Galician|Asturias|Aragón|Castilla|Extremadura|Euskadi|País Vasco|Navarra|Canary Islands|"
        "Canarias|Majorca|Mallorca|Ibiza|Tenerife|Balearic|Madrid|Barcelona|Cádiz|Huelva|Almería|"
        "Granada|Salamanca|Burgos|Girona|Lleida|Tarragona|Castellón|Cantabria|La Rioja|A Coruña|"
        "Pamplona|San Sebastián|Vitoria|Oviedo|Gijón|Marbella|Benidorm|Lanzarote|Fuerteventura|"
        "Gran Canaria|Menorca|Formentera|Ceuta|Melilla|Seville|Sevilla|Valencia|Bilbao|Zaragoza|"
        "Málaga|Comunidad Valenciana"
    ),
    "ET": "Tigray|Amhara|Oromia|Addis Ababa",
    "FI": "Lapland|Helsinki",
    "FR": (
        "Corsica|Corsican|Brittany|Normandy|Provence|Alsace|Marseille|Marseilles|Lyon|Paris|"
        "Parisian|Cannes|Strasbourg|Calais|Bordeaux|Toulouse|Lille|Nantes|Élysée|Elysee|"
        "French Riviera|Cote d'Azur"
    ),
    "GB": (
        "UK|U.K.|Britain|England|Scotland|Wales|Northern Ireland|Northern Irish|Great Britain|"
        "London|Edinburgh|Glasgow|Belfast|Cardiff|Manchester|Liverpool|Leeds|Sheffield|Birmingham|"
        "Bristol|Newcastle|Nottingham|Leicester|Southampton|Portsmouth|Brighton|Oxford|Cornwall|"
        "Yorkshire|Lancashire|Norfolk|Suffolk|Devon|Dorset|Somerset|Merseyside|Northumberland|"
        "Cumbria|Hampshire|Hertfordshire|Buckinghamshire|Oxfordshire|Cambridgeshire|"
        "Gloucestershire|Leicestershire|Nottinghamshire|Derbyshire|Lincolnshire|Staffordshire|"
        "Shropshire|Cheshire|Wiltshire|Berkshire|Bedfordshire|Aberdeen|Dundee|Swansea|Coventry|"
        "Hull|Sunderland|Middlesbrough|Scottish Highlands|Shetland|Orkney|West Midlands|Falklands|"
        "Grenfell|Westminster|Heathrow|Gatwick|Isle of Wight|Essex|Sussex|Surrey|Stoke-on-Trent|"
        "Wolverhampton|Salford|Southport|Blackpool"
    ),
    "GE": "Tbilisi|Abkhazia|South Ossetia",
    "GL": "Greenland|Nuuk",
    "GR": "Crete|Lesbos|Athens|Thessaloniki|Santorini|Aegean",
    "HK": "Kowloon",
    "HU": "Budapest",
    "ID": "Java|Bali|Sumatra|Aceh|Borneo|Papua|Sulawesi|Jakarta",
    "IE": "Dublin|Republic of Ireland",
    "IL": "Jerusalem|Tel Aviv|Haifa|Negev|Golan Heights|Golan|Eilat",
    "IN": (
        "Delhi|New Delhi|Mumbai|Bombay|Kolkata|Calcutta|Bengaluru|Bangalore|Chennai|Madras|"
        "Hyderabad|Pune|Ahmedabad|Surat|Jaipur|Lucknow|Kanpur|Nagpur|Indore|Bhopal|Patna|Varanasi|"
        "Ayodhya|Kochi|Kozhikode|Thiruvananthapuram|Coimbatore|Madurai|Visakhapatnam|Vijayawada|"
        "Amaravati|Mysuru|Mysore|Mangaluru|Hubballi|Gurugram|Gurgaon|Noida|Ghaziabad|Chandigarh|"
        "Shimla|Dehradun|Ranchi|Raipur|Bhubaneswar|Guwahati|Imphal|Srinagar|Jammu|Wayanad|"
        "Lakshadweep|Rayalaseema|Konkan|Vidarbha|Marathwada|Malabar|Nilgiris|Darjeeling|Kashmir|"
        "Kashmiri|Pahalgam|Ladakh|Punjab|Haryana|Rajasthan|Gujarat|Gujarati|Maharashtra|Marathi|"
        "Goa|Karnataka|Kannada|Kerala|Tamil Nadu|Andhra Pradesh|Andhra|Telangana|Odisha|"
        "Chhattisgarh|Jharkhand|Bihar|Uttar Pradesh|Uttarakhand|Himachal Pradesh|Madhya Pradesh|"
        "West Bengal|Assam|Manipur|Mizoram|Nagaland|Meghalaya|Tripura|Arunachal Pradesh|Sikkim|"
        "Puducherry"
    ),
    "IQ": "Mosul|Erbil|Kirkuk|Basra|Iraqi Kurdistan|Fallujah",
    "IR": "Natanz|Fordow|Strait of Hormuz|Persian|Tehran|Isfahan",
    "IT": (
        "Sicily|Sicilian|Sardinia|Tuscany|Lombardy|Venice|Venetian|Milan|Rome|Naples|Turin|"
        "Florence|Bologna|Genoa|Palermo|Lampedusa|Pompeii|Calabria|Veneto|Puglia"
    ),
    "JP": (
        "Okinawa|Hokkaido|Fukushima|Tokyo|Osaka|Kyoto|Hiroshima|Nagasaki|Noto|Ishikawa|Nara|Kyushu"
    ),
    "KP": "North Korea|N. Korea|N Korea|DPRK|Pyongyang|North Koreans|Yongbyon",
    "KR": (
        "South Korea|S. Korea|S Korea|Korea|Koreas|Koreans|Seoul|Busan|Jeju|Gyeonggi|Incheon|"
        "Daegu|Itaewon|Korean Peninsula"
    ),
    "LA": "Laos",
    "LB": "Beirut|Bekaa",
    "LY": "Benghazi|Tripoli",
    "MD": "Moldova|Transnistria|Chisinau",
    "MK": "North Macedonia|Skopje",
    "ML": "Timbuktu|Bamako",
    "MM": "Burma|Myanmar|Rakhine|Rohingyas|Yangon|Naypyidaw|Mandalay",
    "MX": "Tijuana|Ciudad Juárez|Ciudad Juarez|Cancún|Cancun|Sinaloa|Oaxaca",
    "NG": "Abuja|Lagos|Borno|Kano|Biafra|Zamfara",
    "NL": "Holland|The Hague|Amsterdam|Rotterdam|Utrecht|Eindhoven",
    "NO": "Oslo|Svalbard|Bergen",
    "NP": "Mount Everest|Everest|Kathmandu",
    "NZ": "Auckland|Christchurch|Wellington|Maori|Māori",
    "PH": "Philippines|Mindanao|Luzon|Manila|Davao|Cebu",
    "PK": (
        "Karachi|Lahore|Islamabad|Peshawar|Balochistan|Baloch|Khyber Pakhtunkhwa|Sindh|Rawalpindi|"
        "Quetta"
    ),
    "PL": "Warsaw|Krakow|Kraków|Gdansk|Gdańsk|Auschwitz",
    "PR": "Puerto Rico|Puerto Rican|Puerto Ricans",
    "PS": (
        "Palestine|Palestinian Territories|Gaza|Gaza Strip|Gazan|Gazans|West Bank|Rafah|"
        "Khan Younis|Ramallah|Jenin|Hebron|Nablus|East Jerusalem|Jabalia|Deir al-Balah"
    ),
    "RU": (
        "Siberia|Siberian|Chechnya|Chechen|Dagestan|Kursk|Belgorod|Bryansk|Kamchatka|Vladivostok|"
        "Kaliningrad|St. Petersburg|St Petersburg|Saint Petersburg|Sochi|Tatarstan|Moscow|"
        "Murmansk|Rostov|Kremlin|USSR|Soviet|Soviets|Soviet Union|Urals|Ingushetia"
    ),
    "SA": "Mecca|Medina|Riyadh|Jeddah",
    "SD": "Darfur|Khartoum|Omdurman|El Fasher|Port Sudan",
    "SG": (
        "Changi|Sengkang|Tampines|Jurong|Punggol|Ang Mo Kio|Toa Payoh|Bukit Timah|Sentosa|Yishun|"
        "Bedok"
    ),
    "MY": "Johor|Selangor|Penang|Sabah|Sarawak|Putrajaya|Kelantan|Perak|Pahang|Malacca|Langkawi",
    "SO": "Somaliland|Mogadishu|Puntland",
    "SS": "South Sudan|Juba",
    "SY": "Aleppo|Idlib|Homs|Damascus|Raqqa|Palmyra|Latakia",
    "TH": "Bangkok|Phuket|Chiang Mai|Koh Samui",
    "TR": "Turkiye|Türkiye|Ankara|Istanbul|Izmir|Anatolia|Gaziantep|Antalya",
    "TW": "Taiwan|Taipei|Taiwan Strait",
    "TZ": "Zanzibar|Kilimanjaro|Dar es Salaam",
    "UA": (
        "Kyiv|Kiev|Kharkiv|Kharkov|Odesa|Odessa|Lviv|Donbas|Donbass|Donetsk|Luhansk|Lugansk|"
        "Zaporizhzhia|Zaporizhia|Kherson|Mariupol|Bakhmut|Avdiivka|Crimea|Crimean|Dnipro|Sumy|"
        "Mykolaiv|Chernihiv|Pokrovsk|Chernobyl|Chornobyl|Bucha|Kramatorsk|Sevastopol|Kryvyi Rih"
    ),
    "US": (
        "US|U.S.|USA|U.S.A.|America|American|Americans|United States of America|EEUU|EE UU|EE.UU.|"
        "EE. UU.|New York City|NYC|Manhattan|Brooklyn|Queens|Bronx|New Yorkers|Texan|Texans|"
        "Californian|Los Angeles|San Francisco|Silicon Valley|New England|Midwest|Alaskan|"
        "Hawaiian|Capitol Hill|Washington, D.C.|Washington DC|Washington|Seattle|Boston|Chicago|"
        "Philadelphia|Houston|Dallas|Atlanta|Miami|Detroit|Minneapolis|Denver|Phoenix|Las Vegas|"
        "Baltimore|Pittsburgh|Cleveland|New Orleans|Nashville|Memphis|Milwaukee|Tampa|Orlando|"
        "Honolulu|Salt Lake City|Sacramento|San Diego|San Antonio|Cincinnati|Kansas City|"
        "Long Island|New Jersey|Uvalde|Charlottesville|Appalachia|Yellowstone|Yosemite|"
        "Grand Canyon|Mar-a-Lago|Louisville|Oklahoma City|Albuquerque|Maui|Tulsa|Buffalo"
    ),
    "VA": "Vatican|Vatican City|Holy See",
    "VN": "Hanoi|Ho Chi Minh City|Saigon|Viet Nam|Vietnam",
    "YE": "Sanaa|Sana'a|Aden|Hodeidah",
    "ZA": "Cape Town|Johannesburg|Pretoria|Durban|Soweto|KwaZulu-Natal",
    "ZW": "Harare|Bulawayo",
}

# Names of several countries, the likeliest first in the alphabet of codes: the others of a text
# decide (see `mentions`).
SHARED = {
    "Georgia": "GE US",
    "Georgian": "GE US",
    "Georgians": "GE US",
    "Birmingham": "GB US",
    "Hyderabad": "IN PK",
}

# Countries whose towns are named like people, or after towns elsewhere.
_NO_TOWNS = (
    "US GB AU CA NZ IE ZA PH MX BR AR CO CL PE VE EC BO PY UY CU DO GT HN NI SV CR PA JM TT PR "
    "ES PT"
)
NO_TOWNS = frozenset(_NO_TOWNS.split())

# Also plain words, first names or surnames: they need a second look (see `mentions`).
_DOUBTFUL = (
    "Adelaide|Aden|Alexandria|Austin|Bali|Bari|Basel|Bergen|Berlin|Bern|Bihar|"
    "Birmingham|Boston|Bristol|Brit|Brits|Bronx|Brooklyn|Buffalo|Cali|Cambridge|"
    "Carolina|Castilla|Chad|Charlotte|Chelsea|Cleveland|Columbus|Cordoba|Cordova|"
    "Cornwall|Cuba|Córdoba|Dakota|Dallas|Davao|Denver|Devon|Durban|England|Essex|"
    "Florence|Galicia|Georgia|Georgian|Georgians|Goa|Guinea|Hamilton|Hanover|"
    "Holland|Houston|Hull|Ireland|Israel|Jackson|Java|Jersey|Jordan|Juba|Kannada|"
    "Kent|Kingston|Kiwi|Kiwis|Lagos|Lancaster|Leon|León|Lille|Lincoln|London|"
    "Louisville|Lucknow|Luxor|Lyon|Madison|Malabo|Mali|Malta|Marathi|Maui|Mecca|"
    "Medina|Merida|Milan|Montana|Montenegro|Nara|Newcastle|Niger|Norfolk|Orlando|"
    "Oxford|Palmyra|Paris|Persian|Phoenix|Polish|Praia|Pune|Queens|Rome|Sale|"
    "Salford|Santiago|Savannah|Somerset|Suffolk|Surat|Surrey|Sussex|Sydney|Tampa|"
    "Troy|Trujillo|Turkey|Valencia|Victoria|Virginia|Wales|Washington|Wellington|"
    "Welsh|Westminster"
)
DOUBTFUL = frozenset(_DOUBTFUL.split("|"))

# Of these, the ones that are the place unless they stand beside a name ("Paris Hilton").
_MOSTLY_PLACES = (
    "Adelaide|Alexandria|Basel|Berlin|Bern|Boston|Bristol|Brit|Brits|Bronx|Cornwall|Cuba|Dakota|"
    "Dallas|Denver|Durban|England|Essex|Goa|Hanover|Holland|Houston|Ireland|Israel|Lagos|Leeds|"
    "Lille|London|Lucknow|Luxor|Lyon|Malta|Mecca|Milan|Montana|Montenegro|Newcastle|Norfolk|"
    "Orlando|Oxford|Palmyra|Paris|Pune|Rome|Salford|Somerset|Suffolk|Sussex|Sydney|Tampa|Valencia|"
    "Wales|Welsh|Westminster|Philadelphia"
)
MOSTLY_PLACES = frozenset(_MOSTLY_PLACES.split("|"))

# Words and names that large cities or countries share, but headlines hardly mean as places.
_NOT_PLACES = (
    "Rangel|Island|Reunion|Erode|Oral|Grenade|Riverside|Poles|Stanley|Douglas|Bunda|Metro|"
    "Aba|Along|Anaheim|Anda|Antigua|Antipolo|Anyang|Asia|Aurora|Ban|"
    "Bandung Regency|Barking|Barnet|Bath|Batman|Bay|Bel Air|Bello|Best|Bexley|Bo|"
    "Bole|Bor|Brent|Bromley|Bukit Rahman Putra|Camden|Cannes Film|Canton|Central|"
    "Central African|Chandler|Chaos|Cheltenham|Colon|Colón|Concord|Constantine|Cork|"
    "Corona|Croydon|Curitiba Norte|Dasmarinas|Eastern|Enfield|Enterprise|Federal|Fes|"
    "Gary|Gaya|Gilbert|Grand|Guadalupe|Harrow|Heard|Henderson|Ho|Ife|Imus|"
    "Independence|Indian Ocean|Insel|Irving|Islas|Islington|Jersey|Ji'an|Jian|Jos|"
    "Kingston upon Hull|Kota|Laredo|Leon de los Aldama|Lewisham|Male|Man|March|"
    "Marilao|Mary|Maur|Melilla|Mesa|Mira|Mission|Mobile|Moron|Morón|Naga|Nelson|"
    "Newham|Nice|Northern|Of|Oita|Ontario, California|Orange|Ordu|Osh|Ota|Owo|"
    "Pago Pago|Palm Bay|Plano|Rasht City|Reading|Roma|Saint Helena|Sakai|Sale|Salem|"
    "Samara Oblast|San Jose|San Juan|San Pedro|Santa Ana|Santa Cruz|Santa Maria|Serra|"
    "Soledad|South Georgia|Southern|Split|Suita|Surprise|Taytay|Tiruppur East|"
    "Turku City|Union|Usak|Van|Victor|Wa|Wandsworth|Western|Wu|Xi|Yan|Zapopan"
)
NOT_PLACES = frozenset(_NOT_PLACES.split("|"))
