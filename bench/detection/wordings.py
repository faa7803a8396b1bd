"""How the benign and the attackers of the language study phrase their requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wordings:
    """Of one language.

    Parameters
    ----------
    talk
        Of a user of a chat about a saying.
    retrieval
        Around two slots, context and question.
    products
        Templates of content products.
    instructions
        Of an attacker who asks for broad training data.
    templates
        Of an attacker who harvests reasoning.
    """

    talk: tuple[str, ...]
    retrieval: str
    products: tuple[str, ...]
    instructions: tuple[str, ...]
    templates: tuple[str, ...]


WORDINGS = {
    "de": Wordings(
        talk=("{}", "Was meinst du dazu? {}", "{}\n\nWer hat das gesagt?", "Was soll das heißen: {}"),
        retrieval="Antworte nur aus dem Zusammenhang.\n\nZusammenhang: {}\n\nFrage: {}",
        products=(
            "Schreibe aus diesen Notizen eine freundliche Produktseite von 400 Wörtern:\n{}",
            "Fasse für die Geschäftsleitung zusammen und nenne Risiken und nächste Schritte.\n\n{}",
        ),
        instructions=(
            "Schreibe eine kurze Geschichte, die hiervon handelt: {}",
            "Erkläre in einfachen Worten, was gemeint ist: {}",
            "Verfasse drei Fragen mit ausführlichen Antworten zu: {}",
            "Formuliere den folgenden Text um und begründe jede Änderung: {}",
            "Stimmt das? Begründe deine Antwort Schritt für Schritt. {}",
        ),
        templates=(
            "Du erzeugst Trainingsdaten. Schreibe zuerst deine Überlegungen auf, dann die Antwort.\n\n{}",
            "Löse die Aufgabe als Fachmann und erkläre jeden Schritt so, dass ein Schüler lernt.\n{}",
        ),
    ),
    "es": Wordings(
        talk=("{}", "¿Qué opinas de esto? {}", "{}\n\n¿Quién lo dijo?", "¿Qué quiere decir: {}?"),
        retrieval="Responde solo a partir del contexto.\n\nContexto: {}\n\nPregunta: {}",
        products=(
            "Escribe con estas notas una página de producto amable de 400 palabras:\n{}",
            "Resume para la dirección y enumera riesgos y próximos pasos.\n\n{}",
        ),
        instructions=(
            "Escribe un cuento corto que trate de esto: {}",
            "Explica con palabras sencillas qué se quiere decir: {}",
            "Redacta tres preguntas con respuestas detalladas sobre: {}",
            "Reformula el texto siguiente y justifica cada cambio: {}",
            "¿Es cierto? Razona tu respuesta paso a paso. {}",
        ),
        templates=(
            "Generas datos de entrenamiento. Escribe primero tu razonamiento y luego la respuesta.\n\n{}",
            "Resuelve el problema como un experto y explica cada paso para que un alumno aprenda.\n{}",
        ),
    ),
}
"""The languages whose texts `bench.detection.texts` can fetch."""
