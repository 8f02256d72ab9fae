"""Word tables of the cluster stage: what says little, what says the same, what says the opposite.

Plain data, written for headlines.  English has the full set; other languages have stop words,
and those without any are left to term statistics alone.
"""

__all__ = [
    "DAILY_NAMES",
    "DIRECTED",
    "EVENT_WORDS",
    "LANGUAGE_NAMES",
    "NUMBER_WORDS",
    "OPPOSITES",
    "SAME",
    "SHORT_FORMS",
    "STOP_WORDS",
    "WEAK_WORDS",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """Read words parted by white space."""
    return frozenset(text.split())


STOP_WORDS: dict[str, frozenset[str]] = {
    language: word_set(words)
    for language, words in {
        "en": """a about above across after again against ago all almost along already also although
            always am amid among an and another any are around as at away back be became because
            been before behind being below between both but by came can cannot could d did do does
            doing done down during each either else even ever every few for from further get gets
            getting give given go goes going got had has have having he her here hers him his how
            however i if in into is isn it its itself just ll made make makes making many may me
            might more most much must my near no nor not now of off on once one only onto or other
            our out over own per put re s same she should since so some still such t take takes
            than that the their them then there these they this those though through till to too
            toward towards two under until up upon us ve very via vs was we well were what when
            where whether which while who whom whose why will with within without would yet you
            your""",
        "de": """aber alle als am an auch auf aus bei beim bis da das dass dem den der des die diese
            doch durch ein eine einem einen einer eines er es fuer für gegen hat haben ich ihr ihre
            im in ist ja kann kein keine mehr mit nach nicht noch nun nur ob oder schon sein seine
            sich sie sind so soll sollen sowie über um und uns unter vom von vor war was wegen weil
            wenn wer werden wie wieder will wir wird wurde wurden zu zum zur""",
        "fr": """à au aux avec ce ces cette comme contre d dans de des du elle en entre est et être
            eu il ils j l la le les leur lors lui mais même n ne nous on ont ou où par pas plus
            pour pourquoi qu que qui s sa sans se selon ses son sont sous sur un une vers vous y
            après avant deux été fait""",
        "es": """a al ante con contra como cómo de del desde dos donde el ella en entre era es esta
            este ha han hasta la las le lo los más mas me mi muy ni no nos o para pero por porque
            que qué se según ser si sin sobre son su sus también tras un una uno y ya""",
        "it": """a ad agli ai al alla alle anche che chi ci come con contro da dal dalla dei del
            della delle di dopo e è ed era fra gli ha hanno i il in io l la le lo ma nei nel nella
            non o per più quando se si sono su sul sulla tra un una uno""",
        "pt": """a à ao aos as às com como contra da das de dela dele depois do dos e é em entre
            era está foi há já mais mas na não nas no nos o os ou para pela pelo por que quem se
            sem ser seu sobre sua são também tem um uma""",
        "nl": """aan al als bij dan dat de der deze die dit door een en er hebben heeft het hij hoe
            ik in is je kan maar meer met na naar niet nog nu of om ook op over te tegen tot uit
            van voor was wat we werd wordt zal ze zich zijn""",
        "ru": """а без более бы был была были было в вам вас во вот все всё где да для до его ее её
            если есть еще ещё же за и из или им их к как ко который кто ли на над не нет ни но о
            об он она они от по под при с со так также то тоже у уже что чтобы это""",
        "uk": """а або але без був була були було в вже від він вона вони всі до з за зі і із й її
            їх його як який яка які ми на над не ні о об під по при про та так також те то у цей
            це ця через що щоб""",
        "tr": """bir bu ve ile için da de ki ne o çok daha en gibi mi mı olan olarak sonra var
            yok""",
        "sv": """alla att av de den det du där efter ej eller en ett från för ha han har hon i inte
            kan med men mot nu när och om på sin ska som till under ut var vi vid är över""",
        "pl": """a ale bez by być co czy dla do i ich ile jak jako jego jej jest już ku ma na nad
            nie o od po pod przez przy się są ta tak to tym w we z za ze że""",
    }.items()
}

# Headline words that say how a story is told rather than what happened: stems (English).
WEAK_WORDS = word_set("""
    accord account add ahead announc anoth apologis appeal ask attack back becom begin big break
    bring call case chang chief claim come concern confirm continu countri court crisi cut day
    deal decis explain expert face far fear find first follow former forc fresh full global govern
    group grow hail head help high hit hold hope hour includ internat issu join key know last
    late latest launch lead leader leav life like live local long look low major man meet
    million minist minut month move nation need new next night offici old open part peopl photo
    plan play pm point polic polit power presid press prime public push question reach read record
    remain report respons return reveal right rise rule said saw say second secretari see seek
    seen set show side sign sinc situat sourc speak state statement stand start stop support
    talk tell thing think third thousand three time today told tomorrow top turn updat urg use
    video visit vow want war warn watch way week what woman women won word work world year
    yesterday young
""")  # fmt: skip

# What happens in the news every day: stems (English).
EVENT_WORDS: frozenset[str] = word_set("""
    accid aid air aircraft airlin airport airstrik army armi arrest ballot ban bank bill blast
    bomb bomber border budget build bus busi camp campaign candid car catch ceasefir champion
    charg chemic child citi clash clear climat close coalit coach collaps compani concert confer
    congress conflict constitut cop coup crash crime cup currenc custodi death debat debt deleg
    demand democraci deni detain deploy disput doctor dollar driver drone drop drug earn east
    econom economi elect embassi emerg employe energi euro evacu exchang execut explos export
    factori fall famili fan farm fighter film final financ fire firm flight flood food footbal
    fuel fund game gas girl goal gold growth gun gunman gunmen health helicopt hospit hostag
    hous human hunt immigr imf import increas india industri inflat injur injuri invest investor
    island jail job jobless journalist judg kill king kidnap labour law lawmak lawyer legisl
    loan loss magnitud manag market marri match mayor media migrant militari mine missil money
    monsoon mother murder music navi network north nuclear oil opposit parliament parti passeng
    patient pay peac pension pilot plane plant polici polli pope presidenti pressur price prison
    probe profit promis protest quak queen race rain raid rais rape rate rebel referendum reform
    refuge region releas relief religion remark resign resid resolut rival road rocket russian
    sale sanction school score sea season secur senat sentenc sex share ship shoot shot shooter
    sister slam slide snow soccer soldier south space spend spi squad station stock storm street
    strike student studi submarin suicid summit suprem surviv survivor suspect swap talk tariff
    tax teacher team tech tension terror terrorist test threat threaten toll tornado tour
    tournament town trade train treat trial tribut troop truck truce tropic tsunami typhoon
    unemploy union univers vehicl victim victori villag violenc virus volcano vote voter wall
    warrant weapon weather west win
""")  # fmt: skip

# People and bodies that are in the news every day: stems.
DAILY_NAMES: frozenset[str] = word_set("""
    biden covid erdogan eu macron merz modi musk nato netanyahu obama omicron putin starmer trump xi
    zelenski zelenskyy
""")

# Words of one row mean one thing in a headline; each row becomes its first word.  English.
_SAME_ROWS = """
kill dead death deadly dies died die dying fatal slain slay murder murdered killed kills killing
injure hurt injured wounded injures wound injury injuries wounds
jail jailed prison imprisoned sentenced sentence sentences behind-bars
probe investigation investigate investigates investigating inquiry enquiry investigators
    investigated
slam slams blasts blast blasted slammed criticises criticizes criticism criticised criticized
    condemn condemns condemned lambasts lambast rebukes denounces denounced decries
quake earthquake tremor temblor
fire blaze wildfire bushfire inferno fires blazes wildfires
explosion explosions explodes exploded
crash crashes crashed collision collides collided
plow plough ploughs plows ploughed plowed rammed ramming rams ploughing plowing
raise hike hikes raises raised raising hiked
cut slash slashes cuts lowers trims reduces slashed
rise rises climbs soars jumps surges gains climb soar jump surge increases increase rose climbed
    soared jumped surged
fall falls drops slides tumbles slips sinks plunges drop slide tumble slip sink plunge decline
    declines fell dropped slid tumbled slipped sank plunged declined
deal agreement pact accord treaty deals agreements
talks negotiations talk negotiation negotiate negotiates
swap swaps exchange exchanges exchanged swapped
promise promises vow vows pledge pledges pledged vowed promised
election elections poll polls vote votes ballot
firm company companies firms
cop cops police officers policeman
buy acquire acquires acquisition takeover buys buyout bought acquired
resign resigns quits quit resigned resignation steps-down
fired fires-boss sacked sacks ousted ousts
ban bans prohibits banned outlaws
arrest arrested arrests detained detains detain
protest protests demonstration demonstrators demonstrations protesters rally rallies
storm hurricane typhoon cyclone storms
flood floods flooding flooded
strike strikes walkout
steal steals stolen stole theft thefts thieves heist robbery robbers
shut shuts closes close closed closing closure shutdown
migrant migrants refugee refugees
child children kid kids
soccer football footballers
doctor doctors physician physicians medics
legislator lawmaker lawmakers legislators deputies mps
approve approves approved backs adopts adopted okays
hostage hostages captive captives
ship vessel ships vessels
jobs job layoffs
aid relief
kid teen teenager teenagers
"""


def _same() -> dict[str, str]:
    table: dict[str, str] = {}
    for row in _SAME_ROWS.replace("\n    ", " ").strip().splitlines():
        first, *others = row.split()
        for word in others:
            table.setdefault(word, first)
    return table


SAME: dict[str, str] = _same()

# (axis, one end, other end): a headline at one end is not about what a headline at the other is.
_OPPOSITE_ROWS = """
strength: firms strengthens strengthened strengthen | weakens weakened weaken eases
stay: advances advance qualifies qualified through | knocked eliminated ousted
course: extends extended reaches reached continues | snapped snaps halted halts
ruling: upholds upheld affirms affirmed | overturns overturned quashes quashed annuls annulled
move: rise rises rising rose higher up climb climbs climbed soar soars soared jump jumps jumped
    surge surges surged gain gains gained rally rallies rallied rebound rebounds increase
    increases increased | fall falls falling fell lower down drop drops dropped slide slides
    slid tumble tumbles tumbled slip slips slipped sink sinks sank plunge plunges plunged
    decline declines declined decrease decreases decreased lose loses
rate: raise raises raised hike hikes hiked | cut cuts lower lowers lowered slash slashes slashed
outcome: win wins won beat beats beaten-rivals defeat defeats triumph triumphs victory | lose
    loses lost loss
steady: raise raises raised hike hikes hiked cut cuts lower lowers lowered slash slashes | hold
    holds held keep keeps kept unchanged pauses
verdict: guilty convicted convicts jailed jails sentenced | acquitted acquits innocent cleared
decision: approve approves approved accept accepts accepted back backs backed adopt adopts
    adopted pass passes passed | reject rejects rejected veto vetoes vetoed block blocks blocked
stance: support supports supported | oppose opposes opposed
claim: confirm confirms confirmed admit admits admitted | deny denies denied
custody: arrest arrests arrested jail jails jailed detain detains detained | release releases
    released free frees freed
ward: hospitalised hospitalized rushed taken | released discharged
order: impose imposes imposed ban bans banned | lift lifts lifted unban unbans
trade: buy buys bought acquire acquires | sell sells sold
belong: join joins joined enter enters | leave leaves left quit quits exit exits
door: open opens opened reopen reopens reopened | close closes closed shut shuts
phase: begin begins began start starts started launch launches | end ends ended finish finishes
    finished
profit: profit profits | loss losses
record: high highs | low lows
sex: man men boy boys male | woman women girl girls female
compass: north northern | south southern
sun: east eastern | west western
"""


def _opposites() -> dict[str, tuple[tuple[str, bool], ...]]:
    table: dict[str, list[tuple[str, bool]]] = {}
    axis, end = "", False
    for word in _OPPOSITE_ROWS.split():
        if word.endswith(":"):
            axis, end = word[:-1], False
        elif word == "|":
            end = True
        else:
            table.setdefault(word, []).append((axis, end))
    return {word: tuple(ends) for word, ends in table.items()}


OPPOSITES: dict[str, tuple[tuple[str, bool], ...]] = _opposites()

# Long names → the short ones that headlines use instead.
SHORT_FORMS: dict[str, str] = {
    "prime minister": "PM", "european central bank": "ECB", "united nations": "UN",
    "european union": "EU", "bank of england": "BoE", "federal reserve": "Fed",
    "international monetary fund": "IMF", "world trade organization": "WTO",
    "covid-19": "Covid", "artificial intelligence": "AI", "power cut": "blackout",
    "power cuts": "blackouts", "power outage": "blackout", "no-confidence vote": "confidence vote",
}  # fmt: skip

NUMBER_WORDS: dict[str, str] = {  # "one" is mostly no number
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip

# Verbs by which one side does something to the other.
DIRECTED: frozenset[str] = word_set("""
    hit hits strike strikes struck attack attacks attacked accuse accuses accused bomb bombs bombed
    invade invades beat beats threaten threatens threatened warn warns warned blame blames shell
    shells sue sues sanction sanctions expel expels ban bans banned fires fired
""")

# Primary subtag → Snowball's name.  A language that is not here is cut to five letters a word.
LANGUAGE_NAMES: dict[str, str] = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
