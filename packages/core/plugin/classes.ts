/**
 * Plugins as classes, for those who like them: {@linkcode StreamingPlugin}, {@linkcode StaticPlugin},
 * {@linkcode SourcePlugin}.
 *
 * A class is registered itself or as an instance. Each run (and, of a stateful plugin, each segment) works on an object of
 * its own: what `computeChunk` keeps in `this` never leaks from run to run. That object is a new one, made by the constructor
 * without arguments, to which the public properties are copied as `structuredClone` does. What cannot be copied is refused when
 * the plugin is registered: functions set after construction, objects of classes, and whatever else `structuredClone` refuses.
 * Methods and functions that the constructor sets are fine. Private fields (`#name`) are as the constructor leaves them: put
 * what a plugin is set up with into options or public properties.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { ColumnTypes, Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import type { OptionSpecs } from "../options/option.ts";
import { again } from "./_again.ts";
import { definePlugin, defineSource, defineStatic } from "./define.ts";
import type {
  Boundaries,
  ComputeContext,
  ExecutorType,
  Halo,
  Plugin,
  Reach,
  SaveWhen,
  SourceContext,
  SourcePiece,
} from "./plugin.ts";

/** What `computeChunk` of a class is told. */
export type ClassContext = ComputeContext<Readonly<Record<string, unknown>>>;

/** What all plugin classes have. */
export abstract class PluginBase {
  /** `import.meta.url` of the module that exports the class. */
  static readonly module: string | undefined;
  /** Data types that it makes; the first names it. */
  abstract readonly provides: string | readonly string[];
  /** Columns that it makes; by data type, of several. */
  abstract readonly schema: ColumnTypes | Schema | Readonly<Record<string, ColumnTypes | Schema>>;
  /** Changes when the results do. */
  version = "0.0.0";
  /** One line on what it makes. */
  help = "";
  /** Options by name. */
  options: OptionSpecs = {};
  /** When its results are stored. */
  saveWhen: SaveWhen = "target";

  /** What is wrong with option values that contradict each other; `undefined` where nothing is. */
  checkOptions(_options: Readonly<Record<string, unknown>>): string | undefined {
    return undefined;
  }

  /** The plugin as the engine sees it. @throws {TypeError} When a property cannot be copied, naming it. */
  abstract toPlugin(): Plugin;
}

const common = (plugin: PluginBase) => {
  const { module } = plugin.constructor as typeof PluginBase;
  return {
    version: plugin.version,
    help: plugin.help,
    options: plugin.options,
    checkOptions: (options: Readonly<Record<string, unknown>>) => plugin.checkOptions(options),
    saveWhen: plugin.saveWhen,
    ...(module === undefined ? {} : { module, export: plugin.constructor.name }),
  };
};

/** A streaming plugin. Override {@linkcode StreamingPlugin.computeChunk}. */
export abstract class StreamingPlugin extends PluginBase {
  /** Data types that it reads. */
  abstract readonly dependsOn: readonly string[];
  /** Kind of its rows; by data type, of several. Default: a kind of its own. */
  dataKind: string | Readonly<Record<string, string>> | undefined = undefined;
  /** Where its input may be cut. */
  boundary: Boundaries | ((options: Readonly<Record<string, unknown>>) => Boundaries) = "any";
  /** Rows wanted beyond its own stretch. */
  halo: Halo | ((options: Readonly<Record<string, unknown>>) => Halo) | undefined = undefined;
  /** How far from its input row an output row may start. */
  reach: Reach | Readonly<Record<string, Reach>> | undefined = undefined;
  /** It may call `context.consumedUntil`. */
  carryOver = false;
  /** It keeps state in `this`: chunks come in order. */
  isStateful = false;
  /** State starts anew at breaks. */
  resetOnBreak = true;
  /** Several chunks may be computed at once. */
  parallel = true;
  /** Wanted kind of executor. */
  executorType: ExecutorType = "thread";
  /** Most workers; undefined: as many as there are. */
  maxWorkers: number | undefined = undefined;
  /** Rows of input a chunk, as a target; undefined: as they come. */
  chunkSize: number | undefined = undefined;
  /** Longest time of one chunk, ms; undefined: no limit. */
  timeout: number | undefined = undefined;

  /** Rows of one stretch; `null` for none. */
  abstract computeChunk(
    chunk: Chunk,
    context: ClassContext,
  ):
    | Table
    | null
    | Readonly<Record<string, Table | null>>
    | Promise<
      Table | null | Readonly<Record<string, Table | null>>
    >;

  /** State at the start and after a break. */
  resetState(): void {}

  /** Rows still to come, of a stateful plugin, at a break and at the end. */
  flush(_context: ClassContext): Table | null | Readonly<Record<string, Table | null>> {
    return null;
  }

  /** The plugin as the engine sees it. @throws {TypeError} When a property cannot be copied, naming it. */
  override toPlugin(): Plugin {
    again(this);
    // deno-lint-ignore no-this-alias -- the registered object stays untouched: runs work on copies of it
    const self = this;
    const { dataKind, halo, reach, maxWorkers, chunkSize, timeout } = this;
    const stateful = this.isStateful ? { resetOnBreak: this.resetOnBreak } : false;
    const optional = Object.fromEntries(
      Object.entries({ dataKind, halo, reach, maxWorkers, chunkSize, timeout }).filter(([, v]) =>
        v !== undefined
      ),
    );
    const spec = {
      ...common(this),
      ...optional,
      provides: this.provides,
      dependsOn: this.dependsOn,
      schema: this.schema,
      boundary: this.boundary,
      carryOver: this.carryOver,
      stateful,
      parallel: this.parallel,
      executorType: this.executorType,
      initialState: () => {
        const fresh = again(self);
        fresh.resetState();
        return fresh;
      },
      computeChunk: (chunk: Chunk, context: ClassContext) =>
        (context.state as StreamingPlugin).computeChunk(chunk, context),
      ...(this.isStateful
        ? { flush: (context: ClassContext) => (context.state as StreamingPlugin).flush(context) }
        : {}),
    };
    return definePlugin(spec as unknown as Parameters<typeof definePlugin>[0]);
  }
}

/** A plugin that sees the whole run at once. Override {@linkcode StaticPlugin.compute}. */
export abstract class StaticPlugin extends PluginBase {
  /** Data types that it reads, each whole. */
  abstract readonly dependsOn: readonly string[];
  /** Name of the data type that it makes. */
  abstract override readonly provides: string;
  /** Columns that it makes. */
  abstract override readonly schema: ColumnTypes | Schema;
  /** Kind of its rows. Default: a kind of its own. */
  dataKind: string | undefined = undefined;

  /** Rows of the whole run. */
  abstract compute(chunk: Chunk, context: ClassContext): Table | null | Promise<Table | null>;

  /** The plugin as the engine sees it. @throws {TypeError} When a property cannot be copied, naming it. */
  override toPlugin(): Plugin {
    again(this);
    // deno-lint-ignore no-this-alias -- as above
    const self = this;
    return defineStatic({
      ...common(this),
      provides: this.provides,
      dependsOn: this.dependsOn,
      schema: this.schema as ColumnTypes,
      ...(this.dataKind === undefined ? {} : { dataKind: this.dataKind }),
      compute: (chunk, context) => again(self).compute(chunk, context as unknown as ClassContext),
    });
  }
}

/** A source. Override {@linkcode SourcePlugin.read} and {@linkcode SourcePlugin.fingerprint}. */
export abstract class SourcePlugin extends PluginBase {
  /** Name of the data type that it makes. */
  abstract override readonly provides: string;
  /** Columns that it makes. */
  abstract override readonly schema: ColumnTypes | Schema;

  /** Its rows, piece by piece in time order. */
  abstract read(context: SourceContext<Readonly<Record<string, unknown>>>): AsyncIterable<SourcePiece>;

  /** What identifies its input, as JSON. */
  abstract fingerprint(options: Readonly<Record<string, unknown>>, runId: string): Promise<unknown>;

  /** The plugin as the engine sees it. @throws {TypeError} When a property cannot be copied, naming it. */
  override toPlugin(): Plugin {
    again(this);
    // deno-lint-ignore no-this-alias -- as above
    const self = this;
    return defineSource({
      ...common(this),
      provides: this.provides,
      schema: this.schema as ColumnTypes,
      read: (context) => again(self).read(context as SourceContext<Readonly<Record<string, unknown>>>),
      fingerprint: (options, runId) =>
        again(self).fingerprint(options as Readonly<Record<string, unknown>>, runId),
    });
  }
}
