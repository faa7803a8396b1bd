"""Input formats beside the native one: what other projects write about a request, as `RequestEvent`."""
