"""The failures of the Kubernetes API, as `Status` objects."""


class ApiError(Exception):
    """A failure with the code, the reason and the body that the real API gives."""

    def __init__(self, code, reason, message, details=None):
        super().__init__(message)
        self.code = code
        self.body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason}
        if details is not None:
            self.body["details"] = details
        self.body["code"] = code


class NoSuchPath(Exception):
    """A path that the API does not serve: 404 with a body of its own form, for the real one has three of them."""

    def __init__(self, body):
        super().__init__("no such path")
        self.body = body


def no_such_group():
    """404 of a group that is not installed, and of a custom resource's path: text."""
    return NoSuchPath("404 page not found\n")


def no_such_page():
    """404 of a path outside the API: the paths that there are."""
    return NoSuchPath({"paths": ["/apis", "/healthz", "/livez", "/readyz", "/version"]})


def no_such_resource():
    """404 of a path inside a group that is built in."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def _details(resource, name=None, **more):
    details = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.plural
    details.update(more)
    return details


def _qualified(resource):
    return resource.plural + ("." + resource.group if resource.group else "")


def not_found(resource, name):
    """404 NotFound: no object of this name."""
    return ApiError(404, "NotFound", f'{_qualified(resource)} "{name}" not found', _details(resource, name))


def already_exists(resource, name):
    """409 AlreadyExists: an object of this name is there."""
    return ApiError(409, "AlreadyExists", f'{_qualified(resource)} "{name}" already exists', _details(resource, name))


def conflict(resource, name):
    """409 Conflict: the object was changed since the resourceVersion that the request names."""
    message = (
        f'Operation cannot be fulfilled on {_qualified(resource)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, _details(resource, name))


def invalid(resource, name, causes):
    """422 Invalid: `causes` is a list of (field, message)."""
    listed = [{"reason": "FieldValueInvalid", "message": message, "field": field} for field, message in causes]
    texts = [f"{field}: {message}" for field, message in dict.fromkeys(causes)]
    text = texts[0] if len(texts) == 1 else "[{}]".format(", ".join(texts))
    kind = resource.kind + ("." + resource.group if resource.group else "")
    details = {"name": name}
    if resource.group:
        details["group"] = resource.group
    details.update(kind=resource.kind, causes=listed)
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {text}', details)


def forbidden(resource, name, message):
    """403 Forbidden."""
    subject = f' "{name}"' if name else ""
    return ApiError(403, "Forbidden", f"{_qualified(resource)}{subject} is forbidden: {message}", _details(resource, name))


def bad_request(message):
    """400 BadRequest."""
    return ApiError(400, "BadRequest", message)


def unauthorized():
    """401 Unauthorized: no client certificate."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed():
    """405 MethodNotAllowed."""
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_media_type():
    """415 UnsupportedMediaType: a kind of patch that is not known here."""
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def not_acceptable(message):
    """406 NotAcceptable: the answer cannot be given in the form that is asked for."""
    return ApiError(406, "NotAcceptable", message, {})


def rejected():
    """422 Invalid: a JSON patch that does not fit the object."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def broken_patch():
    """500 without a reason: a patch that is not JSON."""
    failure = ApiError(500, "", "Invalid JSON Patch")
    del failure.body["reason"]
    return failure


def unreadable_patch(text):
    """422 Invalid: a patch after which the object has the wrong types."""
    cause = {"reason": "FieldValueInvalid", "message": f"Invalid value: {text}", "field": "patch"}
    return ApiError(422, "Invalid", f' "" is invalid: patch: Invalid value: {text}', {"causes": [cause]})


def unsupported_dry_run(options, value):
    """422 Invalid: a dryRun that is not All; `options` is CreateOptions, PatchOptions, …"""
    text = f'Unsupported value: []string{{"{value}"}}: supported values: "All"'
    cause = {"reason": "FieldValueNotSupported", "message": text, "field": "dryRun"}
    details = {"group": "meta.k8s.io", "kind": options, "causes": [cause]}
    return ApiError(422, "Invalid", f'{options}.meta.k8s.io "" is invalid: dryRun: {text}', details)
