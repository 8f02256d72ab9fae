"""Countries by region, so that a topic's places read ["asia", "-western-asia", "-IR"]."""

from collections.abc import Iterable, Mapping

__all__ = ["COUNTRIES", "REGIONS", "is_place", "place_codes"]

# Countries by region, as ISO 3166-1 alpha-2.  Source: UN M49 (unstats.un.org/unsd/methodology/m49),
# with Taiwan, Kosovo and Vatican City added where they lie.
_SUBREGIONS = {
    "northern-africa": "DZ EG EH LY MA SD TN",
    "sub-saharan-africa": "AO BF BI BJ BW CD CF CG CI CM CV DJ ER ET GA GH GM GN GQ GW IO KE KM LR "
    "LS MG ML MR MU MW MZ NA NE NG RE RW SC SH SL SN SO SS ST SZ TD TF TG TZ UG YT ZA ZM ZW",
    "central-asia": "KG KZ TJ TM UZ",
    "eastern-asia": "CN HK JP KP KR MN MO TW",
    "south-eastern-asia": "BN ID KH LA MM MY PH SG TH TL VN",
    "southern-asia": "AF BD BT IN IR LK MV NP PK",
    "western-asia": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    "eastern-europe": "BG BY CZ HU MD PL RO RU SK UA",
    "northern-europe": "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    "southern-europe": "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK",
    "western-europe": "AT BE CH DE FR LI LU MC NL",
    "northern-america": "BM CA GL PM US",
    "central-america": "BZ CR GT HN MX NI PA SV",
    "caribbean": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC "
    "VG VI",
    "south-america": "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
    "australia-and-new-zealand": "AU CC CX HM NF NZ",
    "pacific-islands": "AS CK FJ FM GU KI MH MP NC NR NU PF PG PN PW SB TK TO TV UM VU WF WS",
}
_CONTINENTS = {
    "africa": ("northern-africa", "sub-saharan-africa"),
    "asia": ("central-asia", "eastern-asia", "south-eastern-asia", "southern-asia", "western-asia"),
    "europe": ("eastern-europe", "northern-europe", "southern-europe", "western-europe"),
    "latin-america": ("central-america", "caribbean", "south-america"),
    "americas": ("northern-america", "central-america", "caribbean", "south-america"),
    "oceania": ("australia-and-new-zealand", "pacific-islands"),
}
_BY_SUBREGION = {name: frozenset(codes.split()) for name, codes in _SUBREGIONS.items()}
REGIONS: Mapping[str, frozenset[str]] = _BY_SUBREGION | {
    name: frozenset().union(*(_BY_SUBREGION[part] for part in parts))
    for name, parts in _CONTINENTS.items()
}
COUNTRIES = frozenset().union(*_BY_SUBREGION.values()) | {"AQ"}


def is_place(name: str) -> bool:
    """Tell whether a name is a region or an ISO 3166-1 alpha-2 code."""
    return name in REGIONS or name in COUNTRIES


def place_codes(places: Iterable[str]) -> frozenset[str]:
    """Return the ISO codes of a topic's places: ("asia", "-western-asia", "-IR").

    Read from left to right.  Unknown names give nothing; `check` reports them.
    """
    codes: set[str] = set()
    for place in places:
        name = place.removeprefix("-")
        group = REGIONS.get(name, frozenset({name} & COUNTRIES))
        codes = codes - group if place.startswith("-") else codes | group
    return frozenset(codes)
