"""Sample stories on business, the economy, markets, banks and technology."""

from digest.demo.sample import Sample

__all__ = ["SAMPLES"]

SAMPLES = (
    # Two central banks on one day, both standing still: two events.
    Sample(
        "meridian",
        95,
        "European Central Bank holds interest rate at 2%",
        "The European Central Bank left its deposit rate at 2%, as economists had expected. "
        "It sees inflation in the euro area close to its aim.",
        ("Economy", "Finance & Economics", "Featured"),
        ("economy", "banking", "europe"),
        "ecb-hold",
        image="chart.png",
        agency="Reuters",
        dateline="FRANKFURT",
    ),
    Sample(
        "northern-ledger",
        104,
        "ECB keeps deposit rate unchanged at 2 percent",
        "The ECB kept its deposit rate unchanged at 2 percent and said inflation in the euro "
        "area was near its aim.",
        (),
        ("economy", "banking", "europe"),
        "ecb-hold",
    ),
    Sample(
        "harbour-wire",
        120,
        "Bank of England holds interest rate at 3.75%",
        "The Bank of England left its main interest rate at 3.75% in a divided vote. "
        "Inflation in Britain is still above target.",
        ("Markets",),
        ("economy", "banking", "europe"),
        "boe-hold",
    ),
    Sample(
        "meridian",
        142,
        "China's exports grow 6% in October as shipments to Southeast Asia rise",
        "China's exports grew 6% in October from a year before, customs data showed. "
        "Shipments to Southeast Asia rose most.",
        ("China", "Asia", "World Economy"),
        ("china", "economy"),
        "china-exports",
    ),
    Sample(
        "southgate-review",
        155,
        "Chinese exports up 6% as trade with Southeast Asia grows",
        "Exports from China rose 6% in October, according to customs data, helped by trade with "
        "Southeast Asia.",
        ("Business",),
        ("china", "economy"),
        "china-exports",
    ),
    Sample(
        "harbour-wire",
        870,
        "Beijing opens second ring of electric bus lanes",
        "Beijing opened a second ring of lanes for electric buses. China's capital wants to "
        "replace its last diesel buses within two years.",
        ("Asia",),
        ("china",),
    ),
    Sample(
        "meridian",
        212,
        "Stocks end week higher as bond yields ease",
        "Shares on Wall Street and in Europe ended the week higher as bond yields eased. "
        "The S&P 500 rose 0.8% and the Stoxx 600 gained 0.5%.",
        ("Markets", "Most Viewed News"),
        ("markets",),
        "stocks-up",
        image="chart.png",
    ),
    Sample(
        "harbour-wire",
        220,
        "Wall Street gains 0.8% for the week as yields fall back",
        "The S&P 500 gained 0.8% as bond yields fell back; European shares rose too.",
        ("Markets",),
        ("markets",),
        "stocks-up",
    ),
    Sample(
        "southgate-review",
        290,
        "Bitcoin slips as traders turn cautious",
        "Bitcoin and other cryptocurrencies slipped as traders turned cautious before US jobs "
        "data. Trading volumes were thin.",
        ("Markets",),
        ("markets",),
    ),
    # A section's name glued to the headline, to be cut off.
    Sample(
        "harbour-wire",
        430,
        "Karachi Turbines profit jumps nearly threefold to Rs6.9bn in Jul-Sep – Business & Finance",
        "Karachi Turbines, a Pakistani maker of wind turbines, made a profit of Rs6.9bn in the "
        "quarter to September, nearly three times as much as a year before.",
        ("Business & Finance",),
        ("business", "asia"),
    ),
    # Two banks' quarters.
    Sample(
        "meridian",
        335,
        "Nordhaven Bank lifts quarterly profit 12% on higher fees",
        "Nordhaven Bank said its quarterly profit rose 12% on higher fees. "
        "The lender raised its dividend.",
        ("Banking", "Business"),
        ("banking",),
        "nordhaven-quarter",
    ),
    Sample(
        "northern-ledger",
        328,
        "Nordhaven Bank's third-quarter profit up 12 percent",
        "Higher fees lifted the third-quarter profit of Nordhaven Bank by 12 percent; the "
        "dividend rises.",
        (),
        ("banking",),
        "nordhaven-quarter",
    ),
    Sample(
        "southgate-review",
        333,
        "Castellan Bank's quarterly profit falls 12% on loan losses",
        "Castellan Bank said its quarterly profit fell 12% after losses on property loans.",
        ("Business",),
        ("banking",),
        "castellan-quarter",
    ),
    Sample(
        "meridian",
        388,
        "Söderholm Kraft to buy Dutch battery maker for €1.4bn",
        "The Swedish utility Söderholm Kraft agreed to buy the Dutch battery maker Volthuis for "
        "€1.4bn. The deal needs approval from regulators in Brussels.",
        ("Featured Business", "Business"),
        ("business", "europe"),
        "soderholm-deal",
        image="plant.png",
    ),
    Sample(
        "harbour-wire",
        394,
        "Söderholm Kraft agrees €1.4bn takeover of Volthuis",
        "Söderholm Kraft of Sweden agreed a €1.4bn takeover of Volthuis, a Dutch maker of "
        "batteries.",
        ("Companies",),
        ("business", "europe"),
        "soderholm-deal",
    ),
    Sample(
        "northern-ledger",
        765,
        "Dockers & shippers settle pay dispute at Rotterdam",
        "Dockers and shipping companies settled a pay dispute at Rotterdam's container port. "
        "Work at the terminals goes on.",
        (),
        ("business", "europe"),
    ),
    Sample(
        "meridian",
        640,
        "Brazil's economy grows faster than expected in third quarter",
        "Brazil's gross domestic product grew 0.9% in the third quarter, faster than economists "
        "expected. Farm exports led.",
        ("World Economy", "Economist Intelligence"),
        ("economy",),
    ),
    Sample(
        "meridian",
        230,
        "Open AI model translates 40 African languages on a phone",
        "Researchers in Nairobi released an artificial intelligence model that translates "
        "40 African languages on a phone without a network.",
        ("AI & Tech", "Computing"),
        ("ai", "africa"),
        "phone-model",
        image="circuit.png",
    ),
    Sample(
        "southgate-review",
        216,
        "Nairobi lab's AI translates 40 African languages offline",
        "An artificial intelligence model from a laboratory in Nairobi translates 40 African "
        "languages on phones, offline.",
        ("Technology",),
        ("ai", "africa"),
        "phone-model",
    ),
    Sample(
        "harbour-wire",
        845,
        "Chipmakers agree on common plug for data-centre cooling",
        "Six chipmakers agreed on a common plug for liquid cooling in data centres. "
        "It should cut the energy that servers use.",
        ("Tech",),
        ("tech",),
    ),
    Sample(
        "northern-ledger",
        930,
        'New browser warns of "too good to be true" web shops',
        "A new web browser warns of shops that vanish after payment. "
        "Its makers published the software's code.",
        (),
        ("tech",),
    ),
    Sample(
        "meridian",
        1080,
        "Week ahead: jobs data, two elections and a rocket launch 🚀",
        "What to watch next week: US jobs data, elections in two countries, and the first launch "
        "of a reusable rocket from French Guiana.",
        ("This week", "Other News"),
        ("world",),
    ),
    Sample(
        "southgate-review",
        1320,
        "Parliament in Ottawa votes for shorter election campaigns",
        "Canada's parliament voted to shorten election campaigns to 35 days. "
        "All parties but one were in favour.",
        ("Politics",),
        ("politics",),
    ),
)
