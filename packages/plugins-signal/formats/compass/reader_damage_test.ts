import assert from "node:assert/strict";
import { fileOf, readAll, sharedFile, sharedTest, type TestEvent, TestFolder } from "./_testing.ts";
import { Account } from "@millrace/core/buffers";
import { Random } from "../../simulate/random.ts";

const events: TestEvent[] = [
  { time: 10n, samples: [1, 2] },
  { time: 20n, samples: [3] },
  { time: 30n, samples: [4, 5, 6] },
];
const whole = fileOf(13, events);
const lastAt = whole.length - (25 + 6);
const options = { dt: 2000 };

Deno.test("openCompass() names file and byte where the last event is cut off, wherever that is", async () => {
  using folder = new TestFolder();
  for (let end = lastAt + 1; end < whole.length; end++) {
    const path = folder.file("cut.BIN", whole.subarray(0, end));
    for (const readBytes of [3, 1000]) {
      await assert.rejects(readAll([path], { ...options, readBytes }), {
        name: "SyntaxError",
        message: new RegExp(
          `^Cannot read "${path}" at byte ${lastAt}: the last event is cut off after ${
            end - lastAt
          } of .*recover`,
        ),
      });
      const { rows, notices } = await readAll([path], { ...options, readBytes, recover: true });
      assert.deepEqual(rows.map((row) => row.wave), [[1, 2], [3]]);
      assert.equal(notices.length, 1);
      assert.match(
        notices[0]!,
        new RegExp(`^Recovered 2 events of "${path}": ${end - lastAt} bytes from byte ${lastAt} on are lost`),
      );
      assert.doesNotMatch(notices[0]!, /--recover/); // it was given
    }
  }
});

interface Reject {
  name: string;
  make: (folder: TestFolder) => string;
  error: { name: string; message: RegExp };
  /** What recover keeps and reports; undefined where it doesn't help. */
  recovered?: { rows: number; notice: RegExp };
}

const rejects: Reject[] = [
  {
    name: "an empty file",
    make: (folder) => folder.file("a.BIN", ""),
    error: { name: "SyntaxError", message: /a\.BIN" at byte 0: it is empty;.*remove the file/ },
    recovered: { rows: 0, notice: /Recovered 0 events .* 0 bytes from byte 0/ },
  },
  {
    name: "a wrong header",
    make: (folder) => folder.file("a.BIN", whole.with(1, 0xcb)),
    error: {
      name: "SyntaxError",
      message: /a\.BIN" at byte 0: it starts with 0xcbed, .*; strax records \(\.bin\) have a JSON/,
    },
    recovered: { rows: 0, notice: new RegExp(`Recovered 0 events .* ${whole.length} bytes from byte 0`) },
  },
  {
    name: "a number of samples that cannot be",
    make: (folder) => folder.file("a.BIN", whole.with(lastAt + 24, 0xff)),
    error: { name: "SyntaxError", message: new RegExp(`at byte ${lastAt}: the event has 42781\\d* samples`) },
    recovered: { rows: 2, notice: /Recovered 2 events .* 31 bytes from/ },
  },
  {
    name: "a number of samples beyond the end of the file",
    make: (folder) => folder.file("a.BIN", whole.with(lastAt + 23, 0xff)),
    error: {
      name: "SyntaxError",
      message: new RegExp(`at byte ${lastAt}: the last event is cut off after 31 of 33423391 bytes`),
    },
    recovered: { rows: 2, notice: /Recovered 2 events .* 31 bytes from/ },
  },
  {
    name: "a time beyond 2^63",
    make: (folder) => folder.file("a.BIN", whole.with(lastAt + 11, 0x80)),
    error: {
      name: "SyntaxError",
      message: new RegExp(`at byte ${lastAt}: the event's time is 9223372036854775838 ps`),
    },
    recovered: { rows: 2, notice: /Recovered 2 events .* 31 bytes from/ },
  },
  {
    name: "a row beyond the reorder window",
    make: (folder) =>
      folder.file("a.BIN", fileOf(0, [{ time: 2n ** 40n }, { time: 2n ** 40n - 1_000_000_001n }])),
    error: {
      name: "RangeError",
      message: /a\.BIN" at byte 18: .* set reorderWindow to at least 1000000001 ps/,
    },
    recovered: { rows: 1, notice: /Recovered 1 events .* 16 bytes from byte 18 on are lost/ },
  },
  {
    name: "a folder",
    make: (folder) => folder.path,
    error: { name: "TypeError", message: /it is a folder; give its files/ },
  },
  {
    name: "a missing file",
    make: (folder) => `${folder.path}/none.BIN`,
    error: { name: "NotFound", message: /none\.BIN": there is no such file; check the path/ },
  },
  {
    name: "a device",
    make: () => "/dev/null",
    error: { name: "TypeError", message: /"\/dev\/null": it is neither a file nor a folder/ },
  },
];

for (const { name, make, error, recovered } of rejects) {
  Deno.test(`openCompass() refuses ${name}`, async () => {
    using folder = new TestFolder();
    const path = make(folder);
    const good = folder.file("good.BIN", fileOf(0, [{ time: 2n ** 41n }]));
    for (const paths of [[path], [good, path]]) {
      const account = new Account(2 ** 17); // Nothing is allocated because a number says so.
      await assert.rejects(readAll(paths, { ...options, account }), error);
      assert.equal(account.used, 0);
      const recover = readAll(paths, { ...options, account, recover: true });
      if (recovered) {
        const { rows, notices } = await recover;
        assert.equal(rows.length, recovered.rows + paths.length - 1);
        assert.equal(notices.length, 1);
        assert.match(notices[0]!, recovered.notice);
      } else await assert.rejects(recover, error);
    }
  });
}

Deno.test({
  name: "openCompass() refuses a file that may not be read",
  ignore: Deno.uid() === 0, // Root may read everything.
  fn: async () => {
    using folder = new TestFolder();
    const path = folder.file("a.BIN", whole);
    await Deno.chmod(path, 0);
    await assert.rejects(readAll([path]), { name: "PermissionDenied", message: /change its permissions/ });
  },
});

Deno.test({
  name: "openCompass() says which permission is missing",
  permissions: { read: [Deno.cwd()], env: true, sys: true },
  fn: async () => {
    await assert.rejects(readAll(["/nowhere/a.BIN"]), {
      name: "NotCapable",
      message: /Cannot open "\/nowhere\/a\.BIN": .*--allow-read="\/nowhere\/a\.BIN"/,
    });
  },
});

Deno.test("openCompass() fails with a message on random bytes, and takes little memory for them", async () => {
  using folder = new TestFolder();
  const random = new Random(11);
  let failed = 0;
  for (let round = 0; round < 150; round++) {
    const bytes = Uint8Array.from({ length: random.below(4000) }, () => random.uint32());
    if (round % 2 === 1 && bytes.length >= 2) bytes.set([0xe0 | (bytes[0]! & 15), 0xca]);
    const path = folder.file("noise.BIN", bytes);
    try {
      await readAll([path], { ...options, account: new Account(2 ** 17) });
    } catch (error) {
      failed++;
      assert(error instanceof SyntaxError || error instanceof RangeError, String(error));
      assert.match(error.message, /^Cannot (read|order) ".*noise\.BIN" at byte \d+: /);
    }
    const { notices } = await readAll([path], { ...options, recover: true, account: new Account(2 ** 17) });
    assert(notices.length <= 1);
  }
  assert(failed > 140, `${failed} of 150`);
});

sharedTest("openCompass() recovers the real file up to where its bytes are damaged", async () => {
  const bytes = await Deno.readFile(sharedFile("compass_test_data.BIN"));
  const size = 25 + 2000;
  using folder = new TestFolder();
  const path = folder.file("a.BIN", bytes.fill(0xff, 2 + 40 * size));
  await assert.rejects(readAll([path], options), new RegExp(`at byte ${2 + 40 * size}: `));
  const { rows, notices } = await readAll([path], { ...options, recover: true });
  assert.equal(rows.length, 40);
  assert.match(
    notices[0]!,
    new RegExp(`Recovered 40 events of ".*": ${62 * size} bytes from byte ${2 + 40 * size} on are lost`),
  );
});
