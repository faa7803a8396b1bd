"""The vocabulary of the simulated tenants: all of it written for this purpose."""

from __future__ import annotations

# fmt: off
SHOP_PARTS = (
    "hiking boots", "rain jacket", "camping stove", "sleeping bag", "head torch", "trail map",
    "climbing rope", "water filter", "folding chair", "trekking poles", "dry bag", "wool socks",
    "two-person tent", "cool box", "bike pannier", "kayak paddle", "sun hat", "first-aid kit",
    "thermos flask", "compass",
)
SHOP_QUESTIONS = (
    "Where is my order with the {part}?",
    "How do I return a {part} that is too small?",
    "My {part} arrived damaged, what should I do?",
    "Do you ship the {part} to {city}?",
    "Is the {part} covered by the warranty after a year?",
    "Can I change the delivery address for my {part}?",
    "When will the {part} be back in stock?",
    "The discount code does not work for the {part}.",
    "How do I clean the {part} without ruining it?",
    "I was charged twice for one {part}, please refund one.",
    "Can I exchange the {part} for another colour?",
    "Which size of {part} fits a person of 180 cm?",
)
BANK_PARTS = (
    "savings account", "credit card", "standing order", "mobile app", "joint account", "overdraft",
    "mortgage", "card reader", "direct debit", "foreign transfer", "statement", "security code",
    "debit card", "cash machine",
)
BANK_QUESTIONS = (
    "How do I block my {part} right now?",
    "Why was a fee taken from my {part}?",
    "The {part} shows an error when I log in from {city}.",
    "What is the daily limit of my {part}?",
    "How long does it take to open a {part}?",
    "Can I close my {part} online?",
    "I do not recognise a payment on my {part}.",
    "How do I add a second person to my {part}?",
    "Is my {part} usable while I travel to {city}?",
    "Where do I find the number of my {part}?",
)
CITIES = (
    "Lisbon", "Oslo", "Turin", "Graz", "Leeds", "Malmo", "Nantes", "Porto", "Ghent", "Basel", "Krakow",
    "Tartu", "Split", "Cork", "Bilbao", "Aarhus", "Utrecht", "Bremen", "Patras", "Varna",
)
HANDBOOK = (
    "Employees receive {n} days of annual leave, of which {m} may be carried into the next year.",
    "Travel above {n} hundred euro needs the approval of the head of department before booking.",
    "A laptop is replaced after {m} years, or earlier when the service desk confirms a fault.",
    "Parental leave is requested {n} weeks ahead and confirmed in writing within {m} days.",
    "Expenses are submitted by the {n}th of the month with receipts for every item.",
    "Remote work is possible on up to {m} days a week when the team agrees.",
    "Visitors sign in at the reception and wear a badge for the whole of their stay.",
    "The canteen accepts the staff card; the balance is paid with the salary of the next month.",
    "Training budgets of {n} hundred euro a year expire in December and are not paid out.",
    "Sick notes are needed from day {m} on and are sent to the personnel office.",
)
HANDBOOK_QUESTIONS = (
    "How many days of leave can I carry over?",
    "Who approves a trip that costs more than planned?",
    "When do I get a new laptop?",
    "How early must I ask for parental leave?",
    "By when do I hand in my receipts?",
    "How often may I work from home?",
    "What happens to unused training money?",
    "From which day do I need a sick note?",
    "How do guests enter the building?",
    "How is the canteen paid?",
)
REVIEW_OPENINGS = (
    "Honestly,", "After two weeks,", "Bought as a gift:", "Second order here.", "Not sure yet.", "Wow.",
    "Update:",
)
REVIEW_OPINIONS = (
    "the {part} is lighter than I expected",
    "the zip of the {part} broke on the first day",
    "delivery of the {part} to {city} took ages",
    "great value, the {part} does what it says",
    "the colour of the {part} is nothing like the picture",
    "my sister loves the {part}",
    "the {part} smells of glue even after airing",
    "I would buy the {part} again without thinking",
    "the instructions of the {part} are useless",
)
FILES = (
    "parser.py", "invoice.ts", "router.go", "cache.rs", "login.vue", "report.sql", "queue.py",
    "schema.json", "billing.ts", "search.go", "upload.py", "session.rs", "export.py", "mailer.ts",
    "tests/test_queue.py",
)
FUNCTIONS = (
    "load_orders", "parse_header", "merge_totals", "retry_later", "render_page", "check_token",
    "split_batch", "write_index", "close_session", "normalise_name", "apply_discount", "read_chunk",
    "send_receipt",
)
CODE_TASKS = (
    "Fix the failing test around {function} in {file}",
    "Rename {function} in {file} and update its callers",
    "Add logging to {function} in {file} without changing its result",
    "Explain why {function} in {file} is slow on large inputs",
    "Write a test for {function} in {file} that covers the empty case",
    "Move {function} out of {file} into its own module",
)
TOOL_RESULTS = (
    "Tool result: {file} has {n} lines, {function} starts at line {m}.",
    "Tool result: {n} tests passed, {m} failed in {function}.",
    "Tool result: diff applied to {file}, {m} hunks.",
    "Tool result: no matches for {function} outside {file}.",
    "Tool result: type checker reports {m} errors in {file}.",
)
CHAT_OPENINGS = (
    "what should I cook with {food}?",
    "write a short birthday message for my {person}",
    "how do I tell my {person} that I cannot come on Saturday",
    "plan a weekend in {city} with a {person} who hates museums",
    "is it normal that my {pet} sleeps all day",
    "give me a story about a {pet} in {city}",
    "help me choose between {food} and {food2} for dinner",
    "my {person} wants to learn guitar, where to start?",
    "explain {topic} to me like I am ten",
    "what film should I watch with my {person} tonight",
    "make a packing list for three days in {city}",
    "how do I get {food} out of a white shirt",
    "suggest names for a {pet}",
    "why is {topic} in the news so much",
)
FOOD = (
    "leeks", "red lentils", "leftover rice", "salmon", "beetroot", "chickpeas", "plums", "goat cheese",
    "kale", "mushrooms",
)
PEOPLE = (
    "sister", "boss", "neighbour", "uncle", "best friend", "teacher", "partner", "flatmate", "grandfather",
)
PETS = (
    "cat", "old dog", "hamster", "parrot", "rabbit", "tortoise", "goldfish",
)
CHAT_TOPICS = (
    "inflation", "the northern lights", "electric cars", "sleep", "the housing market", "vaccines", "tides",
    "bees",
)
NOTES = (
    "{person} reported that the {part} line in {city} stands still since the morning shift",
    "agreed with {person} to postpone the audit of the {part} process by {n} days",
    "{city} asks for {n} more people, budget is open until {person} decides",
    "the supplier of the {part} raised prices by {n} percent, {person} will negotiate",
    "training in {city} went well, {person} shares the slides",
)
STUDY_FIELDS = (
    "organic chemistry", "contract law", "graph theory", "marine biology", "medieval trade",
    "control engineering", "number theory", "immunology", "compiler design", "macroeconomics",
    "fluid mechanics", "phonetics", "plate tectonics", "cryptography", "statistics", "musical harmony",
    "epidemiology", "thermodynamics", "moral philosophy", "signal processing", "soil science",
    "game theory", "optics", "linguistic typology", "structural engineering", "pharmacology",
    "queueing theory", "art conservation", "astrophysics", "logic",
)
STUDY_THINGS = (
    "a reversible reaction", "an unfair clause", "a planar graph", "a coral reef", "a merchant guild",
    "a feedback loop", "a quadratic residue", "an antibody", "a register allocator", "a currency peg",
    "a boundary layer", "a vowel shift", "a subduction zone", "a stream cipher", "a biased estimator",
    "a suspended chord", "a superspreading event", "a heat pump", "a moral dilemma", "a low-pass filter",
    "a peat bog", "a repeated game", "a diffraction grating", "a case system", "a cantilever",
    "a drug interaction", "a priority queue", "a flaking fresco", "a neutron star", "a syllogism",
    "a catalyst", "a fiduciary duty", "a spanning tree", "a food web", "a bill of exchange",
    "a servo motor", "a prime gap", "a cytokine", "a peephole optimiser", "a liquidity trap",
)
STUDY_ANGLES = (
    "under a sudden shortage", "in the limit of large numbers", "when measurements are noisy",
    "seen historically", "with limited memory", "at very low temperature", "across two jurisdictions",
    "in a growing population", "without central control", "when one assumption fails",
    "over many generations", "for a sceptical audience", "on a tight budget", "in three dimensions",
    "under uncertainty", "with asymmetric information", "at the atomic scale", "during a crisis",
    "with delayed effects", "near equilibrium",
)
STUDY_VERBS = (
    "derive", "contrast", "critique", "quantify", "classify", "reconstruct", "justify", "model", "predict",
    "disprove", "trace", "optimise", "generalise", "simulate", "defend", "decompose",
)
# fmt: on
