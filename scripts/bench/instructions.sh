#!/usr/bin/env bash
# Counts the instructions of the whole job on a fixed input, a figure that does not depend on how busy the
# machine is, and fails if it grew by more than 3 % over the committed baseline.
#
#     instructions.sh [--update] [--binary PATH]
#
# --update writes the counts as the new baseline. --binary takes a binary that is built already; otherwise
# the release profile is built without extra flags. Needs valgrind.
#
# SHA-256 is left out of what is compared: valgrind's processor lacks the instructions for it, so that there
# it is computed in software and would be more than half of the count, and hide what the program itself does.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
baseline=$here/instructions_baseline.txt
rows=200000
seed=7
as_of=2020-06-05
percent_allowed=3

update=false
binary=
while [ $# -gt 0 ]; do
    case $1 in
        --update) update=true ;;
        --binary) binary=$(realpath "$2"); shift ;;
        *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift
done
if [ -z "$binary" ]; then
    (cd "$repository" && env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS cargo build --release --locked --quiet)
    binary=${CARGO_TARGET_DIR:-$repository/target}/release/renewals
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints the instructions of a run on an input: all of them, and those of SHA-256.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/profile" "$binary" run --quiet --threads 1 \
        --as-of "$as_of" --out "$work/reports" "$1" > "$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
    # A line is a count, a share and FILE:FUNCTION. callgrind_annotate warns of holes in sources that nobody reads.
    callgrind_annotate --auto=no --threshold=100 "$work/profile" 2> /dev/null | awk '
        { count = $1; gsub(",", "", count) }
        /PROGRAM TOTALS/ { all = count }
        /sha2::/ { sha256 += count }
        END { printf "%.0f %.0f\n", all, sha256 }'
}

measured=$work/measured
failed=false
for format in csv parquet; do
    input=$work/export.$format
    "$binary" generate --quiet --rows "$rows" --seed "$seed" --out "$input"
    counts=$(count "$input")
    read -r all sha256 <<< "$counts"
    per_row=$(((all - sha256) / rows))
    echo "$format $per_row" >> "$measured"
    echo "$format: $per_row instructions a row, and $((sha256 / rows)) of SHA-256 in software"
    if ! $update; then
        before=$(awk -v format="$format" '$1 == format { print $2 }' "$baseline")
        change=$(awk -v now="$per_row" -v before="$before" 'BEGIN { printf "%+.1f", (now / before - 1) * 100 }')
        echo "$format: $change % against the baseline of $before"
        if awk -v change="$change" -v allowed="$percent_allowed" 'BEGIN { exit !(change > allowed) }'; then
            echo "$format: more than $percent_allowed % above the baseline" >&2
            failed=true
        fi
    fi
done

if $update; then
    {
        echo "# Instructions a row without SHA-256; written by instructions.sh --update."
        echo "# $(rustc --version | cut -d' ' -f1,2), $(valgrind --version)"
        cat "$measured"
    } > "$baseline"
    echo "wrote $baseline"
fi
! $failed
