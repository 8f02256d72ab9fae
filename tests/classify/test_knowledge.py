"""What the world knows and a headline leaves out: who, where and what stands for a topic.

Headlines written for the purpose, in the manner of several newsrooms and languages.
"""

import pytest

from digest import model, topics
from digest.classify import classifier

ENGINE = classifier.Classifier(topics.load())


def slugs(title: str, summary: str = "", language: str = "") -> set[str]:
    entry = model.Entry(id="1", title=title, summary=summary, language=language)
    return {match.topic for match in ENGINE.classify(entry)}


# About the war without a word of Ukraine.
WAR = [
    ("Night of drones leaves Kharkiv without power", ""),
    ("Residents of Pokrovsk decide whether to leave", "Shelling comes closer every day."),
    ("Putin says his troops are advancing along the whole front line", ""),
    ("Zelensky asks allies for more air defence", ""),
    ("Zelenskyy replaces army chief Syrskyi", ""),
    ("Allies weigh sending more HIMARS and ATACMS", "Moscow warns of consequences."),
    ("Coalition of the willing meets in Paris", "Leaders discuss a force to keep the peace."),
    ("Brussels hesitates over frozen Russian assets", "Belgium fears the legal risk."),
    ("Drones strike Moscow as airports shut", "The defence ministry says 40 were shot down."),
    ("Russian drones cross into Poland", "NATO jets were scrambled."),
    ("North Korean troops seen near Kursk", ""),
    ("Wagner mercenaries march on Rostov", "The mutiny shakes the Kremlin."),
    ("Grain ships wait as the Black Sea deal lapses", "The Kremlin says it will not renew it."),
    ("Witkoff meets Putin for the fifth time", "The envoy brought a revised peace plan."),
    ("Scholz still refuses to send Taurus missiles", ""),
    ("Nuclear agency warns over Zaporizhzhia plant", ""),
    ("Divers suspected of Nord Stream sabotage held in Italy", ""),
    ("Russian missile hits apartment block in Dnipro", ""),
    ("A Russian deserter tells of the war he fled", "He was sent to the front in Donetsk."),
    ("EU agrees 19th sanctions package against Moscow", "The shadow fleet is its main aim."),
    ("Una noche de drones deja Járkov a oscuras", ""),
    ("Zelenski viaja a Berlín en busca de misiles", ""),
    ("Bruselas debate qué hacer con los activos rusos congelados", ""),
    ("Las tropas rusas avanzan hacia Pokrovsk", ""),
    ("El Kremlin rechaza el alto el fuego que propone Kiev", ""),
    ("Trump y Putin se reúnen en Alaska para hablar de la guerra en Ucrania", ""),
    ("Los refugiados ucranianos que no quieren volver", ""),
    ("Selenskyj bittet um Taurus-Marschflugkörper", ""),
    ("Russische Drohnen treffen Wohnhaus in Charkiw", ""),
    ("Zelensky attendu à Paris mardi", ""),
    ("Nouvelle vague de drones russes sur Odessa", ""),
]

# Of Russia, of its neighbour in peace, of other wars.
NOT_WAR = [
    ("Moscow court fines Google over banned videos", ""),
    ("Russian figure skater wins in Tokyo", ""),
    ("Israel strikes Beirut as Hezbollah vows reply", ""),
    ("Hungary's Orbán wants to keep buying Russian oil", ""),
    ("Svitolina reaches quarter-finals in Melbourne", ""),
    ("Sudan's army retakes Khartoum airport", ""),
    ("Kremlin denies meddling in Moldova's election", ""),
    ("Putin visits Beijing for parade", ""),
    ("La inflación en Rusia sube al 9%", ""),
    ("Wagner festival opens in Bayreuth", ""),
]


@pytest.mark.parametrize(("title", "summary"), WAR)
def test_the_war_is_known_by_its_places_people_and_arms(title: str, summary: str) -> None:
    assert "ukraine-conflict" in slugs(title, summary)


@pytest.mark.parametrize(("title", "summary"), NOT_WAR)
def test_not_everything_russian_is_the_war(title: str, summary: str) -> None:
    assert "ukraine-conflict" not in slugs(title, summary)


# Regions by their leaders, parties, parliaments, cities and peoples.
WHERE = [
    ("Knesset passes budget after all-night debate", "middle-east"),
    ("Netanyahu's trial resumes", "middle-east"),
    ("Houthis claim attack on tanker", "middle-east"),
    ("Erdoğan rival held before rally", "middle-east"),
    ("Sisi pardons activist", "middle-east"),
    ("Hajj pilgrims face record heat", "middle-east"),
    ("Khamenei rejects talks", "middle-east"),
    ("Kataib Hezbollah names new leader", "middle-east"),
    ("Bundestag votes on conscription", "europe"),
    ("Orbán loses ground to Péter Magyar", "europe"),
    ("Macron names fourth prime minister in a year", "europe"),
    ("Starmer faces revolt over welfare", "europe"),
    ("Meloni's reform goes to referendum", "europe"),
    ("Sánchez and Feijóo trade insults over wildfires", "europe"),
    ("Fianna Fáil picks its candidate", "europe"),
    ("Pope Leo XIV calls for peace", "europe"),
    ("Taoiseach visits flood-hit towns", "europe"),
    ("Tusk and Nawrocki clash over judges", "europe"),
    ("Strike halts Eurostar", "europe"),
    ("Lok Sabha erupts over voter rolls", "asia"),
    ("Modi opens new airport", "asia"),
    ("Takaichi dissolves parliament", "asia"),
    ("Lee Jae-myung sworn in", "asia"),
    ("Kim Jong Un oversees missile test", "asia"),
    ("Taliban cut internet", "asia"),
    ("Prabowo reshuffles cabinet after protests", "asia"),
    ("Duterte appears before court", "asia"),
    ("Nobel laureate Yunus promises elections", "asia"),
    ("Imran Khan's party calls for march", "asia"),
    ("Lai Ching-te cancels transit", "asia"),
    ("Xi hosts leaders for parade", "china"),
    ("Huawei's new chip surprises rivals", "china"),
    ("Politburo member under investigation", "china"),
    ("Jimmy Lai found guilty", "china"),
    ("Ramaphosa survives vote", "africa"),
    ("RSF seizes El Fasher", "africa"),
    ("M23 rebels enter Goma", "africa"),
    ("Tinubu ends fuel subsidy", "africa"),
    ("Ruto withdraws finance bill after deaths", "africa"),
    ("Boko Haram abducts schoolgirls", "africa"),
    ("Traoré expels diplomats", "africa"),
    ("Navalny's widow speaks", "russia"),
    ("State Duma bans foreign words", "russia"),
    ("Gazprom posts record loss", "russia"),
    ("NYPD officer shot in Midtown", "usa"),
    ("Powell signals patience on rates", "usa"),
    ("Texans vote on new maps", "usa"),
    ("Tornado flattens homes in Oklahoma", "usa"),
    ("Mamdani sworn in as mayor", "us-politics"),
    ("Senate Republicans unveil tax bill", "us-politics"),
    ("Newsom sues over troops in Los Angeles", "us-politics"),
]


@pytest.mark.parametrize(("title", "slug"), WHERE)
def test_a_region_is_known_by_who_and_what_belongs_to_it(title: str, slug: str) -> None:
    assert slug in slugs(title)


# Words in other languages: what it is about, whatever language the source claims.
SPOKEN = [
    ("El Gobierno aprueba la reforma de las pensiones", "politics"),
    ("Los sindicatos convocan una huelga en la fábrica de Seat", "business"),
    ("La inflación baja al 2,1% en marzo", "economy"),
    ("El Ibex cae un 2% arrastrado por los bancos", "markets"),
    ("Un estudio halla una nueva especie de dinosaurio en Teruel", "science"),
    ("La ola de calor deja 46 grados en Sevilla", "climate"),
    ("Sanidad alerta de un brote de sarampión", "health"),
    ("El delantero firma por el Betis hasta 2028", "sports"),
    ("Los hoteles de la costa esperan un verano récord de turistas", "travel"),
    ("La inteligencia artificial llega a las aulas", "ai"),
    ("El ataque israelí deja 20 muertos en un campo de refugiados", "middle-east"),
    ("Bundeskanzler Merz stellt Haushalt vor", "politics"),
    ("Die Inflation ist im Mai gestiegen", "economy"),
    ("Forscher entdecken neue Art im Regenwald", "science"),
    ("Der Dax schließt auf Rekordhoch", "markets"),
    ("Hochwasser in der Oberpfalz: Hunderte werden evakuiert", "climate"),
    ("Die Krankenkassen erhöhen die Beiträge", "health"),
    ("Bayern gewinnt das Halbfinale gegen Dortmund", "sports"),
    ("Künstliche Intelligenz hilft beim Impfstoff", "ai"),
    ("Le gouvernement survit à une motion de censure", "politics"),
    ("L'inflation recule en zone euro", "economy"),
    ("Les Bleus qualifiés pour la demi-finale", "sports"),
    ("Canicule : trente départements en vigilance", "climate"),
    ("Une cyberattaque paralyse plusieurs hôpitaux", "tech"),
    ("La rougeole progresse, les médecins appellent à la vaccination", "health"),
    ("La Bourse de Paris termine en hausse", "markets"),
    ("Câmara dos Deputados aprova reforma tributária", "politics"),
    ("Inflação sobe e Copom mantém taxa de juros", "economy"),
    ("Flamengo vence o Palmeiras na final da Libertadores", "sports"),
    ("Desmatamento na Amazônia cai pelo terceiro ano", "climate"),
    ("Il governo approva la manovra in Consiglio dei ministri", "politics"),
    ("La Juventus vince il derby con due gol nel finale", "sports"),
    ("Alluvione in Emilia: migliaia di sfollati", "climate"),
    ("Borsa, Piazza Affari chiude in rialzo", "markets"),
]


@pytest.mark.parametrize("language", ["", "en"])
@pytest.mark.parametrize(("title", "slug"), SPOKEN)
def test_subjects_are_known_in_other_languages(title: str, slug: str, language: str) -> None:
    tail = {"": "", "en": ""}[language]
    assert slug in slugs(title + tail, language=language)


# Names and words that look like something else.
LURES = [
    ("Michael Jordan sells his team", "middle-east"),
    ("Paris Hilton launches a podcast", "europe"),
    ("Washington Post cuts a third of its staff", "usa"),
    ("Guinea pig saves family from fire", "africa"),
    ("She collects fine china", "china"),
    ("How to brine a turkey breast", "middle-east"),
    ("Nothing will change in March or May, they say", "politics"),
    ("A bird, a plane: what was that in Bath?", "europe"),
    ("J'ai perdu mes clés hier soir", "ai"),
    ("Orange is the colour of the season", "business"),
    ("Trophy drought finally ends for underdogs", "climate"),
    ("They discuss what to cook", "sports"),
    ("Kobe Bryant mural unveiled", "asia"),
    ("Tyra Banks returns to television", "banking"),
    ("Virginia Tech names new dean", "tech"),
    ("La Isla que nadie visita", "tech"),
    ("Boston Marathon bombing remembered", "sports"),
]


@pytest.mark.parametrize(("title", "slug"), LURES)
def test_names_that_only_look_like_a_topic_give_none(title: str, slug: str) -> None:
    assert slug not in slugs(title)


OUTLETS = [
    "FRANCE 24",
    "BBC News",
    "Al Jazeera",
    "Nikkei Asia",
    "Fox News",
    "South China Morning Post",
]


@pytest.mark.parametrize("outlet", OUTLETS)
def test_the_name_of_an_outlet_says_nothing_of_the_story(outlet: str) -> None:
    assert slugs("Ten years on, they still meet", f"They told {outlet} that they will.") == set()


def test_a_phrase_of_another_language_means_nothing_in_english() -> None:
    assert "markets" in slugs("Die Kurse an der Börse fallen nach den Zahlen", language="de")
    assert "health" not in slugs("They said that the santé of the cook is to be drunk to", "")
