"""Sample stories on the world, politics, science, health, climate, sports and travel."""

from digest.demo.sample import Sample

__all__ = ["SAMPLES"]

SAMPLES = (
    # One developing event, four sources, within the last hour.
    Sample(
        "harbour-wire",
        48,
        "Magnitude 7.1 earthquake strikes off Hokkaido, tsunami advisory issued",
        "A magnitude 7.1 earthquake struck off the coast of Hokkaido in northern Japan. "
        "The Japan Meteorological Agency issued a tsunami advisory for the Pacific coast.",
        ("World", "Asia"),
        ("asia",),
        "hokkaido-quake",
        image="coast.png",
    ),
    Sample(
        "northern-ledger",
        39,
        "Japan issues tsunami advisory after 7.1 quake near Hokkaido",
        "Japan's weather agency told people to stay away from the shore after a strong quake of "
        "magnitude 7.1 near Hokkaido. Waves of up to one metre are possible.",
        (),
        ("asia",),
        "hokkaido-quake",
    ),
    Sample(
        "southgate-review",
        27,
        "Strong quake shakes northern Japan; coastal towns in Hokkaido told to move uphill",
        "Towns along the Hokkaido coast asked residents to move to higher ground after the "
        "7.1 earthquake. Trains in northern Japan were halted for checks.",
        ("International",),
        ("asia",),
        "hokkaido-quake",
    ),
    Sample(
        "meridian",
        14,
        "Hokkaido earthquake: tsunami advisory in force, trains halted in northern Japan",
        "A tsunami advisory is in force after a magnitude 7.1 earthquake off Hokkaido, Japan. "
        "No serious damage had been reported an hour after the quake.",
        ("Top Featured", "World News"),
        ("asia",),
        "hokkaido-quake",
        image="coast.png",
        agency="AP",
        dateline="SAPPORO, Japan",
    ),
    # A quake that is not that quake.
    Sample(
        "southgate-review",
        190,
        "Magnitude 5.4 earthquake felt in southern Peru, no damage reported",
        "A magnitude 5.4 earthquake was felt in Arequipa in southern Peru. "
        "Civil defence reported no damage and no tsunami threat.",
        ("Americas",),
        ("world",),
        "peru-quake",
    ),
    # Filed under Europe alone; followers of Ukraine, Russia and Asia must get it.
    Sample(
        "meridian",
        205,
        "North Korea says its soldiers are serving with Russia in the war against Ukraine",
        "State media in Pyongyang acknowledged for the first time that North Korean soldiers were "
        "sent to Russia to support its war in Ukraine. Seoul had said so for months.",
        ("Europe",),
        ("ukraine-conflict", "russia", "asia"),
        "pyongyang-troops",
        image="map.png",
        agency="AP",
        dateline="SEOUL, South Korea",
    ),
    Sample(
        "harbour-wire",
        231,
        "Pyongyang acknowledges sending troops to Russia for Ukraine war",
        "North Korea acknowledged that it sent troops to Russia to fight in the war against "
        "Ukraine, state media said.",
        ("World",),
        ("ukraine-conflict", "russia", "asia"),
        "pyongyang-troops",
    ),
    Sample(
        "northern-ledger",
        182,
        "Drones set Rostov oil depot on fire as Ukraine widens campaign",
        "Ukrainian drones struck an oil depot in Russia's Rostov region, regional officials "
        "said. Kyiv has aimed at fuel supplies for weeks.",
        (),
        ("ukraine-conflict", "russia"),
        "rostov-depot",
    ),
    Sample(
        "meridian",
        170,
        "Ukraine says long-range drones struck Rostov oil depot",
        "Ukraine's military said its long-range drones struck an oil depot in the Rostov region "
        "of Russia. Flames could be seen across the river.",
        ("Ukraine Conflict", "World"),
        ("ukraine-conflict", "russia"),
        "rostov-depot",
        agency="Reuters",
        dateline="KYIV",
    ),
    Sample(
        "southgate-review",
        660,
        "Russia opens new ice-class rail ferry across the Kara Sea",
        "Russia put an ice-class ferry into service that carries freight wagons between Arctic "
        "ports. It is meant to sail all year.",
        ("International",),
        ("russia",),
    ),
    Sample(
        "meridian",
        320,
        "Gulf states and Turkey agree on shared rail line through Iraq",
        "Turkey, Iraq, Qatar and the United Arab Emirates signed a plan for a rail line from the "
        "Gulf to the Turkish border. Building is to begin in two years.",
        ("Middle East", "Middle East News"),
        ("middle-east",),
        "gulf-rail",
        image="rail.png",
    ),
    Sample(
        "harbour-wire",
        352,
        "Iraq, Turkey and Gulf neighbours sign railway plan",
        "Iraq and Turkey signed a plan with Qatar and the United Arab Emirates for a railway "
        "between the Gulf and the Turkish border.",
        (),
        ("middle-east",),
        "gulf-rail",
    ),
    Sample(
        "meridian",
        505,
        "Egypt raises Suez Canal transit fees by 5% for tankers",
        "Egypt's Suez Canal Authority raised transit fees for tankers by 5% from January. "
        "Container ships pay as before.",
        ("USA", "Middle East & Africa"),
        ("middle-east", "business"),
    ),
    Sample(
        "northern-ledger",
        540,
        "Kenya and Uganda open cross-border power line",
        "Kenya and Uganda switched on a power line that lets both trade electricity. "
        "Hospitals in Kampala are among the first to gain.",
        (),
        ("africa",),
    ),
    Sample(
        "southgate-review",
        610,
        "South Africa's trains carry more passengers for third year in a row",
        "South Africa's commuter rail counted more passengers for the third year in a row after "
        "stations in Johannesburg and Cape Town were repaired.",
        ("Africa",),
        ("africa",),
    ),
    Sample(
        "meridian",
        415,
        "US Senate passes bill to speed up permits for power lines",
        "The US Senate passed a bill that sets deadlines for permits of new power lines. "
        "The House of Representatives is to vote next week.",
        ("US Politics", "Highlights"),
        ("us-politics",),
        "permit-bill",
    ),
    Sample(
        "southgate-review",
        402,
        "Senate approves deadlines for power-line permits",
        "A bill with deadlines for power-line permits passed the US Senate and goes to the House.",
        ("US",),
        ("us-politics",),
        "permit-bill",
    ),
    Sample(
        "harbour-wire",
        755,
        "New York subway tests open-gangway trains on second line",
        "New York began to test open-gangway trains on a second subway line. "
        "They hold a tenth more passengers.",
        ("USA",),
        ("usa",),
    ),
    Sample(
        "meridian",
        585,
        "German coalition agrees on pension reform after night of talks",
        "The parties of Germany's governing coalition agreed on a pension reform in Berlin. "
        "Parliament is to vote before the summer.",
        ("Europe", "Politics", "Uncategorized"),
        ("europe", "politics"),
        agency="AFP",
        dateline="BERLIN",
    ),
    Sample(
        "northern-ledger",
        700,
        "Łódź and Kraków to be linked by hourly night trains",
        "Poland's railway will run hourly night trains between Łódź and Kraków from December. "
        "Tickets cost as much as by day.",
        (),
        ("europe",),
    ),
    Sample(
        "harbour-wire",
        820,
        "India and Vietnam sign ports agreement",
        "India and Vietnam agreed to share customs data between four ports. "
        "Ships are expected to wait a day less.",
        ("Asia",),
        ("asia",),
    ),
    # Two fires in one week that are two fires.
    Sample(
        "meridian",
        260,
        "Wildfire near Athens forces evacuation of two suburbs",
        "A wildfire fanned by strong winds forced the evacuation of two suburbs north of Athens. "
        "Greece asked its neighbours for aircraft.",
        ("Climate", "Featured Climate"),
        ("climate", "europe"),
        "athens-fire",
        image="hills.png",
    ),
    Sample(
        "southgate-review",
        244,
        "Two Athens suburbs evacuated as wildfire spreads in strong wind",
        "Firefighters in Greece evacuated two suburbs of Athens as a wildfire spread in wind.",
        ("Europe",),
        ("climate", "europe"),
        "athens-fire",
    ),
    Sample(
        "harbour-wire",
        275,
        "Wildfire near Valencia contained after three days",
        "Firefighters in Spain contained a wildfire near Valencia after three days. "
        "Residents of two villages may go home.",
        ("World",),
        ("climate", "europe"),
        "valencia-fire",
    ),
    Sample(
        "northern-ledger",
        905,
        "Arctic sea ice below average for the season, satellite data show",
        "Arctic sea ice covers less than the average for the season, satellite data show. "
        "Scientists link the loss to warmer water.",
        (),
        ("climate",),
    ),
    Sample(
        "meridian",
        480,
        "Health agency backs single-dose vaccine against river blindness",
        "The World Health Organization recommended a single-dose vaccine against river blindness. "
        "Clinics in eleven countries will offer it first.",
        ("Health", "Featured Health"),
        ("health",),
        "vaccine",
        image="clinic.png",
    ),
    Sample(
        "southgate-review",
        455,
        "WHO recommends one-dose river blindness vaccine",
        "A vaccine against river blindness that needs one dose won the backing of the WHO.",
        ("Health",),
        ("health",),
        "vaccine",
    ),
    Sample(
        "harbour-wire",
        980,
        "Hospitals in Lisbon cut waiting times with shared night clinics",
        "Three hospitals in Lisbon share their night clinics and cut waiting times by half. "
        "Doctors say other cities could follow.",
        (),
        ("health", "europe"),
    ),
    Sample(
        "meridian",
        530,
        "Lunar orbiter Selene-3 reaches the Moon after 5-month voyage",
        "The lunar orbiter Selene-3 entered orbit around the Moon after five months. "
        "It will map ice near the south pole.",
        ("Space Science", "Science & Tech"),
        ("space",),
        "selene",
        image="moon.png",
    ),
    Sample(
        "northern-ledger",
        512,
        "Selene-3 spacecraft enters orbit around the Moon",
        "After a voyage of five months the Selene-3 spacecraft is in orbit around the Moon. "
        "It looks for ice at the south pole.",
        (),
        ("space",),
        "selene",
    ),
    Sample(
        "southgate-review",
        1010,
        "Fossil of four-winged bird found in Patagonia",
        "Palaeontologists in Patagonia found the fossil of a bird with feathers on its legs. "
        "It lived 90 million years ago.",
        ("Science",),
        ("science",),
    ),
    # Two matches of one evening.
    Sample(
        "meridian",
        370,
        "São Paulo win cup final on penalties after 2-2 draw ⚽",
        "São Paulo won the cup final on penalties after a 2-2 draw. "
        "It is the club's first football trophy in four years.",
        ("Sports", "Sports Roundup"),
        ("sports",),
        "cup-final",
    ),
    Sample(
        "harbour-wire",
        361,
        "Cup final: São Paulo beat Recife on penalties",
        "São Paulo beat Recife on penalties in the football cup final, which ended 2-2.",
        ("Sport",),
        ("sports",),
        "cup-final",
    ),
    Sample(
        "southgate-review",
        345,
        "Malmö win league match 2-1 with goal in stoppage time",
        "Malmö won their league match 2-1 with a goal in stoppage time and lead the table.",
        ("Sport",),
        ("sports",),
        "malmo-win",
    ),
    Sample(
        "meridian",
        1130,
        "Night trains from Vienna to Venice return in spring",
        "Night trains between Vienna and Venice return in spring after ten years. "
        "Travellers can book cabins from next month.",
        ("Travel", "Featured Travel", "Editor's Choice"),
        ("travel", "europe"),
        image="rail.png",
    ),
    Sample(
        "northern-ledger",
        1205,
        "Kyoto to limit visitors in old quarter on festival days",
        "Kyoto will limit the number of tourists in its old quarter on festival days. "
        "Visitors can reserve an hour online.",
        (),
        ("travel", "asia"),
    ),
)
