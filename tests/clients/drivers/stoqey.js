// Visit the gallery with @stoqey/ib: print what its decoder made of it, one JSON line per visit.
"use strict";
const fs = require("fs");
const path = require("path");
const { IBApi, EventName } = require(process.env.STOQEY_IB || "@stoqey/ib");

const [, , , port, visits, deadline] = process.argv;
const wish = JSON.parse(fs.readFileSync(path.join(__dirname, "..", "order.json"), "utf8"));
// Its own ideas about the connection, not messages.
const LOCAL = new Set(["connected", "disconnected", "all", "result", "received", "sent", "server", "info"]);

function plain(value) {
  return value instanceof Error ? value.message : value instanceof Map ? Object.fromEntries(value) : value;
}

function visit(clientId) {
  return new Promise((resolve) => {
    const ib = new IBApi({ host: "127.0.0.1", port: Number(port), clientId });
    const events = [];
    let times = 0;
    const done = () => { clearTimeout(timer); resolve(events); ib.emit = () => true; ib.disconnect(); };
    const timer = setTimeout(() => { events.push(["gave up"]); done(); }, Number(deadline) * 1000);
    const emit = ib.emit.bind(ib);
    ib.on(EventName.error, () => {});
    ib.emit = (name, ...args) => {
      if (name === "currentTime") {
        times += 1;
        if (times === 1) {
          const order = { ...wish.order, algoParams: wish.algoParams.map(([tag, value]) => ({ tag, value })), transmit: true };
          ib.placeOrder(7001, wish.contract, order);
        } else setTimeout(done, 0);
      } else if (!LOCAL.has(name)) {
        events.push([name, ...args.map(plain)]);
        if (name === "nextValidId") ib.reqCurrentTime();
      } else if (name === "info" && /unprocessed/i.test(String(args[0]))) events.push(["unprocessed", args[0]]);
      return emit(name, ...args);
    };
    ib.connect();
  });
}

(async () => {
  for (const number of visits.split(",")) process.stdout.write(JSON.stringify(await visit(Number(number))) + "\n");
  process.exit(0);
})();
