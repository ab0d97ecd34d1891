// A session with the gateway itself over @stoqey/ib: place an order, cancel it, print what came back.
"use strict";
const { IBApi, EventName } = require(process.env.STOQEY_IB || "@stoqey/ib");

const [, , , host, port, deadline, wished] = process.argv;
const wish = JSON.parse(wished);
const seen = { order: {}, statuses: [], errors: [], positions: 0 };
const ib = new IBApi({ host, port: Number(port), clientId: 5 });
let orderId = 0;

function done() {
  process.stdout.write(JSON.stringify(seen) + "\n", () => process.exit(0));
}

setTimeout(done, Number(deadline) * 1000);
ib.on(EventName.nextValidId, (id) => { orderId = id; ib.reqPositions(); });
ib.on(EventName.position, () => { seen.positions += 1; });
ib.on(EventName.positionEnd, () => ib.placeOrder(orderId, wish.contract, { ...wish.order, transmit: true }));
ib.on(EventName.openOrder, (id, contract, order) => {
  seen.order = Object.fromEntries(Object.keys(wish.order).filter((name) => name in order).map((name) => [name, order[name]]));
});
ib.on(EventName.orderStatus, (id, status) => {
  seen.statuses.push(status);
  if (status === "Submitted") ib.cancelOrder(orderId);
});
ib.on(EventName.error, (error, code) => {
  seen.errors.push(code);
  if (code === 202) done();
});
ib.connect();
