"""Records of the shapes that other projects document, each written for these tests.

Every one of them says the same request, as far as its format can, and is full of secrets.
"""

from __future__ import annotations

import base64
from typing import Any

TIME = 1_772_582_400_123
SECRET = "sk-never-carry-this-on"  # noqa: S105 - a made-up one
HEADERS = {
    "authorization": f"Bearer {SECRET}",
    "cookie": SECRET,
    "x-api-key": SECRET,
    "user-agent": "curl/8.7.1",
}
PROMPT, ANSWER = "What is the boiling point of ethanol?", "78.37 degrees Celsius."
HISTORY = [
    {"role": "system", "content": "You are a chemist."},
    {"role": "user", "content": "What is ethanol?"},
    {"role": "assistant", "content": "An alcohol."},
]
MESSAGES: list[dict[str, Any]] = [*HISTORY, {"role": "user", "content": PROMPT}]
PARAMETERS = {
    "max_tokens": 256,
    "temperature": 0.5,
    "n": 2,
    "logprobs": True,
    "top_logprobs": 5,
    "logit_bias": {"50256": -100, "11": 5},
}


def request() -> dict[str, Any]:
    """What a client sends to chat completions."""
    return {"model": "gpt-4o", "messages": MESSAGES, "user": "u7", "stream": False, **PARAMETERS}


def response() -> dict[str, Any]:
    """What chat completions sends back."""
    choice = {
        "message": {"role": "assistant", "content": ANSWER},
        "finish_reason": "length",
        "logprobs": None,
    }
    usage = {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": TIME // 1000,
        "model": "gpt-4o-2024-11-20",
        "choices": [{"index": 0, **choice}, {"index": 1, **choice}],
        "usage": usage | {"prompt_tokens_details": {"cached_tokens": 16}},
    }


def openai() -> dict[str, Any]:
    """A pair as a proxy of one's own would publish it."""
    return {
        "id": "r1",
        "time": TIME,
        "tenant": "acme",
        "status": 200,
        "client_ip": "192.0.2.7",
        "headers": HEADERS,
        "request": request() | {"api_key": SECRET},
        "response": response(),
    }


def litellm() -> dict[str, Any]:
    """A `StandardLoggingPayload`."""
    return {
        "id": "chatcmpl-1",
        "trace_id": "t1",
        "call_type": "acompletion",
        "stream": False,
        "response_cost": 0.0002,
        "status": "success",
        "custom_llm_provider": "openai",
        "total_tokens": 49,
        "prompt_tokens": 40,
        "completion_tokens": 9,
        "startTime": TIME / 1000,
        "endTime": TIME / 1000 + 2.5,
        "model_map_information": {"model_map_key": "gpt-4o", "model_map_value": None},
        "model": "gpt-4o-2024-11-20",
        "model_group": "gpt-4o",
        "api_base": f"https://api.example.com/v1?key={SECRET}",
        "metadata": {
            "user_api_key_hash": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
            "user_api_key_alias": SECRET,
            "user_api_key_team_id": "acme",
            "user_api_key_org_id": "holding",
            "user_api_key_user_id": "u8",
            "user_api_key_user_email": f"{SECRET}@example.com",
            "requester_metadata": {"session_id": "s1", "token": SECRET},
            "requester_custom_headers": HEADERS,
            "usage_object": {"prompt_tokens_details": {"cached_tokens": 16}},
        },
        "cache_hit": False,
        "request_tags": [],
        "end_user": "u7",
        "requester_ip_address": "192.0.2.7",
        "user_agent": "curl/8.7.1",
        "messages": MESSAGES,
        "response": response(),
        "error_str": None,
        "error_information": {"error_code": "", "error_class": "", "traceback": SECRET},
        "model_parameters": PARAMETERS | {"extra_headers": HEADERS, "user": "u7"},
        "hidden_params": {"additional_headers": HEADERS},
    }


def kong() -> dict[str, Any]:
    """A log entry with payload logging on, whose payloads are texts."""
    import orjson  # noqa: PLC0415

    return {
        "workspace": "b4a1e9a2-6b4a-4e91-9c2e-3b6a9d8f1c72",
        "workspace_name": "default",
        "source": "upstream",
        "upstream_uri": "/v1/chat/completions",
        "upstream_status": "200",
        "client_ip": "192.0.2.7",
        "started_at": TIME,
        "tries": [{"ip": "198.51.100.1", "port": 443, "balancer_latency": 0}],
        "request": {
            "id": "9ec9264afbbbad5f",
            "uri": f"/v1?key={SECRET}",
            "method": "POST",
            "headers": HEADERS,
        },
        "response": {"status": 200, "size": 900, "headers": {"set-cookie": SECRET}},
        "latencies": {"kong": 1, "proxy": 171, "request": 173, "receive": 1},
        "consumer": {"id": "acme", "username": "u7", "custom_id": "1"},
        "authenticated_entity": {"id": "c0ffee"},
        "ai": {
            "proxy": {
                "tried_targets": [{"auth": {"header_value": SECRET}}],
                "meta": {
                    "provider_name": "openai",
                    "request_model": "gpt-4o",
                    "response_model": "gpt-4o-2024-11-20",
                    "operation_name": "chat",
                    "llm_latency": 170,
                    "plugin_id": "546c3856",
                },
                "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49, "cost": 0.0002},
                "payload": {
                    "request": orjson.dumps(request()).decode(),
                    "response": orjson.dumps(response()).decode(),
                },
            }
        },
    }


def apisix() -> dict[str, Any]:
    """A log entry of `kafka-logger` with the summaries and payloads of `ai-proxy`."""
    return {
        "request": {
            "url": f"http://127.0.0.1:9080/v1?key={SECRET}",
            "method": "POST",
            "headers": HEADERS | {"x-request-id": "r1"},
            "size": 310,
        },
        "response": {"status": 200, "headers": {"set-cookie": SECRET}, "size": 900},
        "server": {"hostname": "gw", "version": "3.14.0"},
        "service_id": "",
        "route_id": "1",
        "consumer": {"username": "acme"},
        "client_ip": "192.0.2.7",
        "start_time": TIME,
        "latency": 2500.5,
        "llm_summary": {
            "request_model": "gpt-4o",
            "model": "gpt-4o-2024-11-20",
            "duration": 800,
            "prompt_tokens": 40,
            "completion_tokens": 9,
            "total_tokens": 49,
            "cache_read_input_tokens": 16,
            "end_user_id": "u7",
        },
        "llm_request": {"messages": MESSAGES, "stream": False},
        "llm_response_text": {"content": ANSWER},
    }


def envoy() -> dict[str, Any]:
    """A line of the access log, with a header for the tenant added."""
    return {
        ":authority": "api.example.com",
        "authorization": f"Bearer {SECRET}",
        "duration": 1526,
        "genai_backend_name": "default/openai",
        "genai_model_name": "gpt-4o",
        "genai_model_name_override": None,
        "genai_tokens_input": 40,
        "genai_tokens_output": "9",
        "genai_tokens_total": 49,
        "method": "POST",
        "response_code": 200,
        "response_flags": "-",
        "start_time": "2026-03-04T00:00:00.123Z",
        "user-agent": "curl/8.7.1",
        "x-envoy-origin-path": f"/v1/chat/completions?key={SECRET}",
        "x-forwarded-for": "192.0.2.7",
        "x-request-id": "r1",
        "x-tenant-id": "acme",
        "x-user-id": "u7",
    }


def parts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages as the conventions of OpenTelemetry write them."""
    return [
        {"role": message["role"], "parts": [{"type": "text", "content": message["content"]}]}
        for message in messages
    ]


def value(held: Any) -> dict[str, Any]:
    """A value as OTLP writes it in JSON."""
    written = {
        bool: lambda: {"boolValue": held},
        int: lambda: {"intValue": str(held)},
        float: lambda: {"doubleValue": held},
        str: lambda: {"stringValue": held},
        bytes: lambda: {"bytesValue": base64.b64encode(held).decode()},
        list: lambda: {"arrayValue": {"values": [value(item) for item in held]}},
        dict: lambda: {"kvlistValue": {"values": attributes(held)}},
    }
    return written[type(held)]()


def attributes(held: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP writes them in JSON."""
    return [{"key": key, "value": value(item)} for key, item in held.items()]


def newest() -> dict[str, Any]:
    """The attributes of a request by today's conventions, with structured messages."""
    answer = parts([{"role": "assistant", "content": ANSWER}])
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-11-20",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.request.max_tokens": 256,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.choice.count": 2,
        "gen_ai.response.finish_reasons": ["length", "length"],
        "gen_ai.usage.input_tokens": 40,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 16,
        "gen_ai.conversation.id": "s1",
        "gen_ai.input.messages": parts(MESSAGES),
        "gen_ai.output.messages": answer,
        "http.request.header.authorization": [f"Bearer {SECRET}"],
        "client.address": "192.0.2.7",
        "user_agent.original": "curl/8.7.1",
        "user.id": "u7",
        "tenant.id": "acme",
        "raw": b"\\0\\1",
    }


def span(held: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A span with attributes."""
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(TIME * 1_000_000 + 17),
        "endTimeUnixNano": str(TIME * 1_000_000 + 2_500_000_000),
        "attributes": attributes(held),
        "status": {},
        **more,
    }


def log(held: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A log record with attributes."""
    return {
        "timeUnixNano": str(TIME * 1_000_000),
        "severityNumber": 9,
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "attributes": attributes(held),
        **more,
    }


def spans(*items: dict[str, Any], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the collector exports of these spans."""
    scopes = [{"scope": {"name": "opentelemetry.instrumentation.openai"}, "spans": list(items)}]
    about = {"attributes": attributes({"service.name": "gw", **(resource or {})})}
    return {"resourceSpans": [{"resource": about, "scopeSpans": scopes, "schemaUrl": ""}]}


def logs(*items: dict[str, Any]) -> dict[str, Any]:
    """What the collector exports of these log records."""
    scopes = [{"scope": {}, "logRecords": list(items)}]
    return {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": scopes}]}


def metrics() -> dict[str, Any]:
    """What the collector exports of a metric."""
    metric = {"name": "http.server.rate", "unit": "1", "sum": {"dataPoints": [], "isMonotonic": True}}
    return {"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"scope": {}, "metrics": [metric]}]}]}
