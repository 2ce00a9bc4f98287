// Files of several MB within a budget of less, and nothing of it in use at the end.
import assert from "node:assert/strict";
import { Account } from "@millrace/core/buffers";
import { files, SAY_DT, values } from "./_files_testing.ts";
import { TestFolder } from "./compass/_testing.ts";
import { findRun } from "./formats.ts";

const LIMIT = 2 ** 20;

for (const [name, write] of Object.entries(files)) {
  Deno.test(`${name} files are read within a budget that is a quarter of them, all of which is given back`, async () => {
    using folder = new TestFolder();
    await write(folder);
    const { paths, format } = await findRun(folder.path);
    assert.equal(format.name, name);
    const account = new Account(LIMIT);
    const options = {
      reorderWindow: 0,
      recover: false,
      maxRows: 100,
      maxBytes: 2 ** 17,
      readBytes: 2 ** 16,
      account,
      dt: 2000,
    };
    const { dt: _, ...own } = options;
    let samples = 0;
    for await (
      const { table } of format.read(paths, SAY_DT.has(name) ? own : options)
    ) {
      samples += table.columns.wave.offsets[table.length]!;
      table.release();
    }
    assert.equal(samples, values.length);
    assert.equal(account.used, 0);

    // The same where somebody stops early.
    for await (
      const { table } of format.read(paths, SAY_DT.has(name) ? own : options)
    ) {
      table.release();
      break;
    }
    assert.equal(account.used, 0);
  });
}
