/**
 * What Deno has compiled of the harness, for sandboxes to begin with. Each has a cache of its own, made of this one: the
 * cache would otherwise be a place where plugins leave something for each other (`caches`) and on the disk.
 * @module
 */
import type { Harness } from "./_harness.ts";

/**
 * Compiles where there is nothing yet, or what there is is older than its sources. Prints the folder.
 * $0: deno, $1: name, $2 and $3: folders of the sources, $4: import map, then modules.
 */
const SCRIPT = `
root="\${DENO_DIR:-\${XDG_CACHE_HOME:-$HOME/.cache}/deno}/millrace"
folder="$root/$1"
if [ ! -e "$folder/made" ] || [ -n "$(find "$2" "$3" -name '*.ts' -newer "$folder/made" -print 2>/dev/null | head -n 1)" ]; then
  new="$root/new-$$"
  map="$4" sources="$2" core="$3"
  rm -rf "$new" && mkdir -p "$new" && touch "$new/made" || exit 1
  shift 4
  DENO_DIR="$new" "$0" cache --quiet --no-config --no-lock --no-remote --no-npm --import-map="$map" "$@" >&2 || exit 1
  mkdir -p "$new/seed/gen/file" && cp "$new"/dep_analysis_cache* "$new/seed/" || exit 1
  for own in "$sources" "$core"; do # links to these alone: what else is compiled stays where it was
    place="gen/file\${own%/}"
    [ -d "$new/$place" ] || { echo "there is no $place" >&2; exit 1; }
    [ -e "$new/seed/$place" ] && continue
    mkdir -p "$new/seed/\${place%/*}" && ln -s "$folder/$place" "$new/seed/$place" || exit 1
  done
  rm -rf "$folder"
  mv "$new" "$folder" 2>/dev/null || rm -rf "$new"
  find "$root" -maxdepth 1 -mindepth 1 -mtime +30 -exec rm -rf {} + # of versions and plugins that nobody uses
fi
touch -c "$folder"
echo "$folder/seed"
`;

let made: Promise<string> | undefined;

/** Folder of the cache to begin with; made once, in the user's cache. @throws {Error} When it cannot be made. */
export function templateOf(harness: Harness, importMap: string): Promise<string> {
  return made ??= make(harness, importMap).catch((error) => {
    made = undefined;
    throw error;
  });
}

async function make({ main, core, coreFolder }: Harness, importMap: string): Promise<string> {
  const own = decodeURIComponent(new URL("..", main).pathname);
  const identity = new TextEncoder().encode(`${Deno.version.deno} ${main} ${importMap}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", identity)).toHex().slice(0, 16);
  const { success, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, Deno.execPath(), hash, own, coreFolder, importMap, main, ...core.values()],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`Cannot compile what sandboxes start with: ${text(stderr)}`);
  return text(stdout);
}
