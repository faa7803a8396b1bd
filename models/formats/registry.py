"""The input formats that adapters read, by name."""

from __future__ import annotations

from collections.abc import Mapping

from models.errors import SettingsError
from models.formats.adapter import AdapterOptions, AdapterSpec
from models.formats.apisix import APISIX, decode_apisix
from models.formats.envoy import ENVOY, decode_envoy
from models.formats.kong import KONG, decode_kong
from models.formats.litellm import LITELLM, decode_litellm
from models.formats.mapping import MAPPING, decode_mapping
from models.formats.openai import OPENAI, decode_openai
from models.formats.otlp import OTLP
from models.formats.otlp_json import decode_otlp_json
from models.formats.otlp_proto import decode_otlp_proto, messages
from models.formats.plan import REQUIRED, plan, setting_of

ADAPTERS: Mapping[str, AdapterSpec] = {
    "otlp_proto": AdapterSpec(decode_otlp_proto, OTLP, many=True, content="where content capture is on"),
    "otlp_json": AdapterSpec(decode_otlp_json, OTLP, many=True, content="where content capture is on"),
    "litellm": AdapterSpec(decode_litellm, LITELLM, many=False, content="unless message logging is off"),
    "kong": AdapterSpec(decode_kong, KONG, many=False, content="where payload logging is on"),
    "apisix": AdapterSpec(decode_apisix, APISIX, many=True, content="where payload logging is on"),
    "envoy": AdapterSpec(decode_envoy, ENVOY, many=False, content="never"),
    "openai": AdapterSpec(decode_openai, OPENAI, many=False, content="always"),
    "mapping": AdapterSpec(decode_mapping, MAPPING, many=False, content="where a path leads to it"),
}


def check_options(name: str, options: AdapterOptions) -> None:
    """Find what is wrong with a source's settings before its first record comes.

    Raises
    ------
    SettingsError
        There is no such format, what it needs is not installed, a path is wrong, a field is none of a
        request's, or `mapping` is not told where a required field stands.
    """
    if name not in ADAPTERS:
        raise SettingsError(f"source.format is '{name}' and must be one of native, {', '.join(ADAPTERS)}")
    if name == "otlp_proto":
        messages()
    found = plan(ADAPTERS[name].source, options)
    for required in REQUIRED:
        if not found.paths.get(required):
            raise SettingsError(
                f"source.format '{name}' needs {setting_of(required)}: paths to the {required} of a request"
            )
