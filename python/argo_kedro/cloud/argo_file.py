"""Writes what pods need for the data into the `argo.yml` of the cluster's environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from argo_kedro.cloud.text_file import Note
from argo_kedro.cloud.yaml_text import (
    YamlText,
    as_block,
    children,
    get,
    last_line_of,
    line_of,
    text_of,
)

_EVERY_NODE = "*"
_COPIED = "The base environment's, with what pods need: Kedro takes a section as a whole."
_HANDOFF = "Pods share no disk: what one task hands to the next goes through the store."


def hand_over(file: YamlText, base: Mapping[str, Any], url: str) -> list[Note]:
    """Writes where tasks hand data over, unless the file says so already.

    Args:
        file: `argo.yml` of the cluster's environment.
        base: The base environment's settings, as Kedro reads them.
        url: The place for handed-over data.

    Returns:
        What the user has to do.
    """
    of_base = base.get("memory_datasets")
    of_base = of_base if isinstance(of_base, Mapping) else {}
    section = get(file.root, "memory_datasets")
    if section is None:
        if of_base.get("path"):
            return []
        added = {**of_base, "path": url}
        if file.add(None, "memory_datasets", added, _HANDOFF):
            return []
    elif (path := get(section, "path")) is not None:
        if text_of(path) == url:
            return []
        text = (
            "`memory_datasets.path` is there already and stays as it is; for this URL it would be:"
        )
        return [Note(text, True, file.name, line_of(path), f"path: {url}\n")]
    elif file.add(section, "path", url):
        return []
    return [_to_paste(file, section, {"memory_datasets": {**of_base, "path": url}})]


def give_access(
    file: YamlText,
    base: Mapping[str, Any],
    of_base: Sequence[YamlText],
    wanted: Mapping[str, Any],
) -> list[Note]:
    """Adds what pods need to use the store, unless the file has it already.

    A section of the cluster's environment replaces the whole section of the base environment. So if
    the base environment has a section, the cluster's first gets a copy of it.

    Args:
        file: `argo.yml` of the cluster's environment.
        base: The base environment's settings, as Kedro reads them.
        of_base: The files of these settings.
        wanted: Perhaps `service_account`, `environment`, `volumes` and `labels` of pods;
            `keys_to_remove` and `volumes_to_remove` name variables and volumes of a key that would
            keep pods from using the rights of the service account, and `missing_variables` those
            that pods need and only the user knows.

    Returns:
        What the user has to know or do.
    """
    notes: list[Note] = []
    if account := wanted.get("service_account"):
        found = get(file.root, "service_account")
        if found is None:
            if not file.add(None, "service_account", account):
                notes.append(_to_paste(file, None, {"service_account": account}))
        elif text_of(found) != account:
            notes.append(_to_paste(file, found, {"service_account": account}))
    for name, keys in (
        ("environment", ["template", "environment"]),
        ("volumes", ["nodes", _EVERY_NODE, "volumes"]),
        ("labels", ["nodes", _EVERY_NODE, "labels"]),
    ):
        if things := wanted.get(name):
            if name == "volumes":
                things, of_claims = _name_claims(file, get(file.root, *keys), things)
                notes += of_claims
            notes += _named_things(file, base, of_base, keys, things)
    notes += _keys_to_remove(file, wanted)
    notes += _missing_variables(file, base, wanted.get("missing_variables", ()))
    return notes + _unnamed_claims(file, wanted.get("volumes", ()))


def _missing_variables(file: YamlText, base: Mapping[str, Any], names: Sequence[str]) -> list[Note]:
    """Finds variables that the user has to add before the next run of the command."""
    keys = ["template", "environment"]
    there = get(file.root, *keys)
    template = base.get("template") if get(file.root, "template") is None else None
    of_base = template.get("environment") if isinstance(template, Mapping) else None
    known = {*_named(there)}
    known |= {each.get("name") for each in of_base or () if isinstance(each, Mapping)}
    return [
        Note(
            f"pods need the variable `{name}`: write the account into the URL, as in "
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net, or add",
            True,
            file.name,
            line_of(there) if there is not None else None,
            as_block(_nested(keys, [{"name": name, "value": "ACCOUNT"}]), leaves=True),
        )
        for name in names
        if name not in known
    ]


def _keys_to_remove(file: YamlText, wanted: Mapping[str, Any]) -> list[Note]:
    """Finds keys of an earlier `--secret`: storage libraries prefer them."""
    notes = []
    for keys, names, text in (
        (
            ["template", "environment"],
            wanted.get("keys_to_remove", ()),
            "`{}` gives the pods a key, and they use it and not the rights of the service account: "
            "remove {}",
        ),
        (
            ["nodes", _EVERY_NODE, "volumes"],
            wanted.get("volumes_to_remove", ()),
            "the volume `{}` mounts a key that pods are not to use: remove {}",
        ),
    ):
        listed = get(file.root, *keys)
        for item in listed.value if isinstance(listed, SequenceNode) else []:
            if (name := text_of(get(item, "name"))) in names:
                first, last = line_of(item), last_line_of(item)
                lines = "this line" if first == last else f"lines {first} to {last}"
                notes.append(Note(text.format(name, lines), True, file.name, first))
    return notes


def _unnamed_claims(file: YamlText, volumes: Sequence[Mapping[str, Any]]) -> list[Note]:
    """Finds claims whose name the user has to write."""
    claims = [volume.get("persistent_volume_claim") or {} for volume in volumes]
    names = [claim.get("claimName", "") for claim in claims]
    return [
        Note(f"write the name of your volume claim in the place of `{name}`", True, file.name, line)
        for line, text in enumerate(file.result().splitlines(), 1)
        for name in names
        if _is_left(name) and name in text
    ]


def _name_claims(
    file: YamlText, found: Node | None, volumes: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Note]]:
    """Writes the name of a claim that an earlier command left to the user.

    Returns:
        The volumes that are still missing, and what the user has to decide.
    """
    left = [dict(volume) for volume in volumes]
    notes = []
    for _, node in children(found) if isinstance(found, SequenceNode) else ():
        name = get(node, "persistent_volume_claim", "claimName")
        if not isinstance(name, ScalarNode):
            continue
        there = _plain(node)
        for volume in left:
            wanted: str = (volume.get("persistent_volume_claim") or {}).get("claimName", "")
            there["persistent_volume_claim"]["claimName"] = wanted
            if there != volume or wanted == name.value or _is_left(wanted):
                continue
            if _is_left(name.value):
                file.change(name, wanted)
            else:
                text = (
                    f"the volume `{volume['name']}` is the claim `{name.value}`; if it is to be "
                    f"`{wanted}`, write that here"
                )
                notes.append(Note(text, True, file.name, line_of(name)))
            left.remove(volume)
            break
    return left, notes


def _is_left(name: str) -> bool:
    """Says whether a claim still needs a name from the user: no real name begins with `<`."""
    return name.startswith("<")


#: Named items: a list of mappings with `name`, or one mapping.
_Things = list[dict[str, Any]] | dict[str, str]


def _named_things(
    file: YamlText,
    base: Mapping[str, Any],
    of_base: Sequence[YamlText],
    keys: list[str],
    things: _Things,
) -> list[Note]:
    """Adds named items at a path of keys."""
    found = get(file.root, *keys)
    there = _named(found)
    is_new = {name: name not in there for name in _by_name(things)}
    if any(there.get(name, thing) != thing for name, thing in _by_name(things).items()):
        is_other = {name: there.get(name) != thing for name, thing in _by_name(things).items()}
        return [_to_paste(file, found, _nested(keys, _only(things, is_other)))]
    things = _only(things, is_new)
    if not things:
        return []
    section = get(file.root, keys[0])
    if section is None and keys[0] in base:
        if _copy(file, of_base, keys, things):
            text = f"`{keys[0]}` is a copy of the base environment's, with what pods need"
            return [Note(f"{text}: what you change there, change here as well", False, file.name)]
    elif _add(file, found, things) if found is not None else _add_deep(file, keys, things):
        return []
    return [_to_paste(file, found or section, _nested(keys, things))]


def _by_name(things: _Things) -> dict[str, Any]:
    return things if isinstance(things, dict) else {thing["name"]: thing for thing in things}


def _only(things: _Things, wanted: Mapping[str, bool]) -> _Things:
    if isinstance(things, dict):
        return {name: thing for name, thing in things.items() if wanted[name]}
    return [thing for thing in things if wanted[thing["name"]]]


def _add(file: YamlText, found: Node, things: _Things) -> bool:
    """Adds items to an existing list or mapping."""
    if isinstance(things, dict):
        return all(file.add(found, name, thing) for name, thing in things.items())
    return file.add_items(found, things)


def _add_deep(file: YamlText, keys: list[str], things: _Things) -> bool:
    """Adds the missing keys to the deepest existing mapping, with the items under them."""
    node, depth = file.root, 0
    while (inner := get(node, keys[depth])) is not None:
        node, depth = inner, depth + 1
    if depth and not isinstance(node, MappingNode):
        return False
    rest = _nested(keys[depth:], things)
    return file.add(node if depth else None, keys[depth], rest[keys[depth]], leaves=True)


def _copy(file: YamlText, of_base: Sequence[YamlText], keys: list[str], things: _Things) -> bool:
    """Copies a section of the base environment as written, and adds items to it."""
    holder = next((each for each in of_base if get(each.root, keys[0]) is not None), None)
    text = holder.section(keys[0]) if holder else None
    if text is None:
        return False
    section = YamlText(text, file.name)
    left = [note for note in _named_things(section, {}, (), keys, things) if note.is_left]
    return not left and file.add_section(section.result(), _COPIED)


def _named(node: Node | None) -> dict[str | None, Any]:
    """Gives the items of a list by their names, or the entries of a mapping, as plain data."""
    if isinstance(node, MappingNode):
        entries: dict[str | None, Any] = _plain(node)
        return entries
    items = node.value if isinstance(node, SequenceNode) else []
    return {text_of(get(item, "name")): _plain(item) for item in items}


def _plain(node: Node) -> Any:
    """Gives a node as plain data."""
    return yaml.SafeLoader("").construct_object(node, deep=True)


def _nested(keys: list[str], items: Any) -> dict[str, Any]:
    for key in reversed(keys):
        items = {key: items}
    return items  # type: ignore[no-any-return]


def _to_paste(file: YamlText, place: Node | None, added: dict[str, Any]) -> Note:
    key = next(iter(added))
    if place is None:
        text = f"a `{key}` here takes the place of the base environment's: copy that, and add"
    else:
        text = f"`{key}` is there already: add"
    line = line_of(place) if place is not None else None
    return Note(text, True, file.name, line, as_block(added, leaves=True))
