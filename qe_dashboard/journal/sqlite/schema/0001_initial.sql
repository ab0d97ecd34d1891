-- Times are UTC text of one width, so that text order is time order. Prices, quantities and money are decimal text.

-- Everything, in order. Each row's hash covers the row and the hash before it.
CREATE TABLE events (
    seq       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    account   TEXT NOT NULL,
    intent_id TEXT,
    payload   TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
);

CREATE INDEX events_by_kind ON events (kind, seq);

CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'journal events are append-only');
END;

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'journal events are append-only');
END;

-- Orders as asked for. An intent that changes or cancels keeps the id of the order's first one.
CREATE TABLE intents (
    seq           INTEGER PRIMARY KEY REFERENCES events (seq),
    intent_id     TEXT NOT NULL,
    action        TEXT NOT NULL,
    number        INTEGER NOT NULL,
    client_id     INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    account       TEXT NOT NULL,
    at            TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    side          TEXT NOT NULL,
    quantity      TEXT NOT NULL,
    order_type    TEXT NOT NULL,
    limit_price   TEXT,
    stop_price    TEXT,
    time_in_force TEXT NOT NULL,
    outside_rth   INTEGER NOT NULL,
    order_class   TEXT NOT NULL,
    origin        TEXT NOT NULL
);

CREATE INDEX intents_by_account ON intents (account, seq);
CREATE INDEX intents_by_key ON intents (client_id, order_id);
CREATE INDEX intents_by_number ON intents (number);

-- The newest state of each order.
CREATE TABLE orders (
    number    INTEGER PRIMARY KEY,
    seq       INTEGER NOT NULL REFERENCES events (seq),
    intent_id TEXT,
    client_id INTEGER,
    order_id  INTEGER,
    perm_id   INTEGER,
    account   TEXT NOT NULL,
    status    TEXT NOT NULL,
    why       TEXT NOT NULL,
    at        TEXT NOT NULL
);

CREATE INDEX orders_by_account ON orders (account, number);
CREATE INDEX orders_by_key ON orders (client_id, order_id);

CREATE TABLE executions (
    account       TEXT NOT NULL,
    exec_id       TEXT NOT NULL,
    seq           INTEGER NOT NULL REFERENCES events (seq),
    client_id     INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    perm_id       INTEGER,
    order_ref     TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    side          TEXT NOT NULL,
    quantity      TEXT NOT NULL,
    price         TEXT NOT NULL,
    currency      TEXT NOT NULL,
    at            TEXT NOT NULL,
    PRIMARY KEY (account, exec_id)
);

CREATE INDEX executions_by_time ON executions (account, at);

-- Apart from executions, because a commission may be reported before its execution.
CREATE TABLE commissions (
    account           TEXT NOT NULL,
    exec_id           TEXT NOT NULL,
    seq               INTEGER NOT NULL REFERENCES events (seq),
    amount            TEXT NOT NULL,
    currency          TEXT NOT NULL,
    realized          TEXT,
    realized_currency TEXT,
    at                TEXT NOT NULL,
    PRIMARY KEY (account, exec_id)
);

CREATE TABLE trading_states (
    seq     INTEGER PRIMARY KEY REFERENCES events (seq),
    account TEXT NOT NULL,
    state   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at      TEXT NOT NULL
);

CREATE INDEX trading_states_by_account ON trading_states (account, seq);

-- One row, `head`: the last event's number and hash, so that a cut-off end is noticed.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
