// What turns each version of the tables into the next one. Entries are only ever added.

export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE user (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  admin INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE token (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user,
  hash TEXT NOT NULL UNIQUE,          -- SHA-256: the token itself is nowhere
  label TEXT NOT NULL,
  permissions TEXT NOT NULL,          -- JSON
  created_at TEXT NOT NULL,
  expires_at TEXT,
  revoked_at TEXT,
  parent_id INTEGER REFERENCES token  -- token that it was made with
) STRICT;

CREATE TABLE scope (name TEXT PRIMARY KEY, created_at TEXT NOT NULL) STRICT;

CREATE TABLE member (
  scope TEXT NOT NULL REFERENCES scope,
  user_id INTEGER NOT NULL REFERENCES user,
  PRIMARY KEY (scope, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE package (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL REFERENCES scope,
  name TEXT NOT NULL,
  created_at TEXT NOT NULL,
  latest INTEGER REFERENCES version,  -- newest release that is neither yanked nor blocked
  downloads INTEGER NOT NULL DEFAULT 0,
  UNIQUE (scope, name)
) STRICT;

CREATE INDEX package_by_downloads ON package (downloads DESC, scope, name);

CREATE TABLE version (
  id INTEGER PRIMARY KEY,
  package_id INTEGER NOT NULL REFERENCES package,
  version TEXT NOT NULL,
  created_at TEXT NOT NULL,
  user_id INTEGER NOT NULL REFERENCES user,
  manifest TEXT NOT NULL,             -- blob
  archive TEXT NOT NULL,              -- SHA-256 of what was uploaded
  license TEXT,
  description TEXT NOT NULL,
  readme TEXT,                        -- path
  notices TEXT NOT NULL,              -- JSON
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL,
  log_index INTEGER NOT NULL,
  yanked_at TEXT,
  yank_reason TEXT,
  blocked_at TEXT,
  block_reason TEXT,
  downloads INTEGER NOT NULL DEFAULT 0,
  UNIQUE (package_id, version)
) STRICT;

CREATE TABLE file (
  version_id INTEGER NOT NULL REFERENCES version,
  path TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,               -- blob, as published
  linked TEXT NOT NULL,               -- blob, with jsr: imports as paths on this registry
  PRIMARY KEY (version_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE dependency (
  version_id INTEGER NOT NULL REFERENCES version,
  kind TEXT NOT NULL,                 -- jsr or npm
  name TEXT NOT NULL,
  range TEXT NOT NULL,
  PRIMARY KEY (version_id, kind, name, range)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependency_by_name ON dependency (kind, name);

CREATE TABLE log (
  position INTEGER PRIMARY KEY,       -- 0, 1, 2, ... without a gap
  entry TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE signing_key (
  id TEXT PRIMARY KEY,
  public_key TEXT NOT NULL,           -- raw, base64
  private_key TEXT NOT NULL,          -- PKCS #8, base64
  valid_from TEXT NOT NULL,
  valid_until TEXT
) STRICT;

CREATE TABLE publisher_key (
  id TEXT NOT NULL,
  scope TEXT NOT NULL REFERENCES scope,
  public_key TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_until TEXT,
  PRIMARY KEY (id, scope)
) STRICT;

CREATE TABLE publisher_signature (
  version_id INTEGER PRIMARY KEY REFERENCES version,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL,
  signed_at TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  time TEXT NOT NULL,
  actor TEXT,
  token_id INTEGER,
  address TEXT NOT NULL,
  action TEXT NOT NULL,               -- method and route
  target TEXT NOT NULL,               -- path as it was asked for
  status INTEGER NOT NULL,
  message TEXT
) STRICT;

CREATE TABLE attempt (user_id INTEGER NOT NULL REFERENCES user, time TEXT NOT NULL) STRICT;
CREATE INDEX attempt_by_user ON attempt (user_id, time);

CREATE TABLE device_request (
  code TEXT PRIMARY KEY,
  exchange_hash TEXT NOT NULL UNIQUE,
  challenge TEXT NOT NULL,
  permissions TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  user_id INTEGER REFERENCES user,
  token_id INTEGER REFERENCES token,
  denied INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE plugin (
  id INTEGER PRIMARY KEY,
  version_id INTEGER NOT NULL REFERENCES version,
  export TEXT NOT NULL,
  declaration TEXT NOT NULL           -- JSON
) STRICT;
CREATE INDEX plugin_by_version ON plugin (version_id);

-- What search looks at: of the latest version of each package only.
CREATE TABLE package_fact (
  kind TEXT NOT NULL,                 -- provides, needs or permission
  value TEXT NOT NULL,
  package_id INTEGER NOT NULL REFERENCES package,
  PRIMARY KEY (kind, value, package_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX package_fact_by_package ON package_fact (package_id);

CREATE VIRTUAL TABLE package_text USING fts5 (name, description, plugins, tokenize = 'unicode61 tokenchars _');

CREATE TABLE upstream_manifest (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  PRIMARY KEY (scope, name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE upstream_meta (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  meta TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE upstream_linked (sha256 TEXT PRIMARY KEY, linked TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
];
