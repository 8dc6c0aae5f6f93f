"""In which form a client gets an answer: whole, or only the metadata of its objects (`Accept: application/json;as=...`)."""

from . import errors

ONE, MANY = "PartialObjectMetadata", "PartialObjectMetadataList"
META = "meta.k8s.io/v1"


def shown(accept, answer):
    """The answer in the first form of the header Accept that is known here; forms of other media types count as JSON."""
    wanted = [_form(part) for part in (accept or "*/*").split(",")]
    for form in wanted:
        if form in ("", ONE, MANY):
            return _metadata(form, answer) if form else answer
    raise errors.not_acceptable("only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf")


def _form(part):
    """The kind that one part of the header asks for: one of the two above, empty for the whole object, None for what is not known."""
    media_type, *parameters = (text.strip() for text in part.split(";"))
    values = dict(text.partition("=")[::2] for text in parameters)
    if "as" not in values:
        return ""
    known = media_type == "application/json" and values.get("g") == "meta.k8s.io" and values.get("v") == "v1"
    return values["as"] if known and values["as"] in (ONE, MANY) else None


def _metadata(form, answer):
    kind = answer["kind"]
    is_list = "items" in answer
    if is_list and form == ONE:
        raise errors.not_acceptable(f"you requested {ONE}, but the requested object is a list (*core.{kind})")
    if not is_list and form == MANY:
        raise errors.not_acceptable(f"you requested {MANY}, but the requested object is not a list (*core.{kind})")
    if not is_list:
        return {"kind": ONE, "apiVersion": META, "metadata": answer["metadata"]}
    items = [{"kind": ONE, "apiVersion": META, "metadata": item["metadata"]} for item in answer["items"]]
    return {"kind": MANY, "apiVersion": META, "metadata": answer["metadata"], "items": items}
