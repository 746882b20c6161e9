"""Writes the software bill of materials: every crate that is built into the program, as CycloneDX 1.6 in JSON.

    python3 scripts/dependencies/bill_of_materials.py --out renewals.cdx.json
    python3 scripts/dependencies/bill_of_materials.py --check

What only tests and benchmarks use is not in it. It holds no time and no random number: the same Cargo.lock gives the
same bytes. `--check` validates it against the schema and needs what scripts/dependencies/install installs.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tomllib

PROJECT = pathlib.Path(__file__).resolve().parents[2]
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
DEFAULT_PLATFORM = "x86_64-unknown-linux-gnu"


def metadata(platform):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", platform]
    return json.loads(subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE).stdout)


def checksums():
    """SHA-256 of each crate's archive, by name and version."""
    packages = tomllib.loads((PROJECT / "Cargo.lock").read_text())["package"]
    return {(package["name"], package["version"]): package.get("checksum") for package in packages}


def is_macro(package):
    """A procedural macro runs in the compiler, and so does all that it needs."""
    return any("proc-macro" in target["kind"] for target in package["targets"])


def built_in(nodes, packages, root):
    """What is reached from the program without its tests: id to the ids it needs, and which are linked."""
    needs, linked = {}, set()
    waiting = [(root, True)]
    while waiting:
        identity, is_linked = waiting.pop()
        if identity in needs and (not is_linked or identity in linked):
            continue
        if is_linked:
            linked.add(identity)
        needs.setdefault(identity, set())
        for dependency in nodes[identity]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]} - {"dev"}
            if kinds:
                needs[identity].add(dependency["pkg"])
                goes_in = is_linked and None in kinds and not is_macro(packages[dependency["pkg"]])
                waiting.append((dependency["pkg"], goes_in))
    return needs, linked


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def licences(package):
    # Old manifests separate alternatives by a slash, which is no SPDX expression.
    expression = (package["license"] or "").replace("/", " OR ")
    if not expression:
        raise SystemExit(f"{package['id']} names no licence")
    return [{"expression": expression}]


def component(package, checksum, is_linked):
    described = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        # What runs only while the program is built is not in it.
        "scope": "required" if is_linked else "excluded",
        "licenses": licences(package),
        "purl": purl(package),
    }
    if package["source"] != REGISTRY or checksum is None:
        raise SystemExit(f"{package['id']} does not come from crates.io")
    described["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return described


def bill(platform):
    facts = metadata(platform)
    packages = {package["id"]: package for package in facts["packages"]}
    nodes = {node["id"]: node for node in facts["resolve"]["nodes"]}
    root = facts["resolve"]["root"]
    needs, linked = built_in(nodes, packages, root)
    hashes = checksums()
    others = sorted((packages[identity] for identity in needs if identity != root), key=purl)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": purl(packages[root]),
                "name": packages[root]["name"],
                "version": packages[root]["version"],
                "licenses": licences(packages[root]),
            },
            "properties": [{"name": "renewals:platform", "value": platform}],
        },
        "components": [
            component(package, hashes[package["name"], package["version"]], package["id"] in linked)
            for package in others
        ],
        "dependencies": [
            {
                "ref": purl(packages[identity]),
                "dependsOn": sorted(purl(packages[needed]) for needed in needs[identity]),
            }
            for identity in sorted(needs, key=lambda identity: purl(packages[identity]))
        ],
    }


def fault(text):
    """What the schema says against the text, or None."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--platform", default=DEFAULT_PLATFORM, help="target triple it is built for")
    parser.add_argument("--out", type=pathlib.Path, help="file to write; standard output without")
    parser.add_argument("--check", action="store_true", help="validate against the schema instead of writing")
    arguments = parser.parse_args()

    document = bill(arguments.platform)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if arguments.check:
        wrong = fault(text)
        if wrong is not None:
            raise SystemExit(f"bill of materials: {wrong}")
        linked = sum(component["scope"] == "required" for component in document["components"])
        built = len(document["components"]) - linked
        print(f"bill of materials ok: {linked} crates linked, {built} at build time only")
    elif arguments.out:
        arguments.out.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
