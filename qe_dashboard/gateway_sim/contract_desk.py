"""Contracts: finding what a client describes, and answering requests about contracts."""

from __future__ import annotations

from dataclasses import replace

from qe_dashboard.gateway_sim import encode_contracts as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.faults import CONTRACT_FARM
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument, TickRule

# IBKR answers a symbol search with at most 16 contracts.
MAX_SAMPLES = 16
# The number of IBKR's own rule for US stocks; the venue's other rules count on from it.
FIRST_RULE_ID = 26


class ContractDesk:
    """Looks contracts up by conId, by local symbol, or by symbol, type and expiry."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    # look-up --------------------------------------------------------------------------------------------------------

    def find(self, spec: rq.ContractSpec) -> tuple[Instrument, ...]:
        """Return every listed contract that fits, each with the exchange that was asked for."""
        return tuple(
            replace(instrument, exchange=spec.exchange or instrument.exchange)
            for instrument in self._candidates(spec)
            if _fits(instrument, spec)
        )

    def resolve(self, client: Client, req_id: int, spec: rq.ContractSpec) -> Instrument | None:
        """Return the one contract that fits, or tell the client with error 200 or 321 why there is none."""
        problem = _problem(spec)
        if problem:
            client.error(refusals.INVALID_REQUEST, refusals.invalid(problem), about=req_id)
            return None
        found = self.find(spec)
        if len(found) == 1:
            return found[0]
        text = refusals.NO_SECURITY_TEXT
        if found:
            text = f"The contract description specified for {spec.symbol} is ambiguous."
        client.error(refusals.NO_SECURITY, text, about=req_id)
        return None

    def by_con_id(self, con_id: int) -> Instrument | None:
        """Return a listed contract by its conId."""
        return next((item for item in self._hub.venue.instruments if item.con_id == con_id), None)

    def _candidates(self, spec: rq.ContractSpec) -> tuple[Instrument, ...]:
        if spec.con_id:
            found = self.by_con_id(spec.con_id)
            return () if found is None else (found,)
        return self._hub.venue.instruments

    # requests -------------------------------------------------------------------------------------------------------

    def contract_details(self, client: Client, request: rq.ContractDetails) -> None:
        """Answer reqContractDetails with every match, or 200."""
        problem = _problem(request.contract)
        if problem:
            client.error(refusals.INVALID_REQUEST, refusals.invalid(problem), about=request.req_id)
            return
        if CONTRACT_FARM in self._hub.faults.farms_down:
            # Look-ups hang while this farm is away: the client's own deadline ends them.
            return
        found = self.find(request.contract)
        if not found:
            client.error(refusals.NO_SECURITY, refusals.NO_SECURITY_TEXT, about=request.req_id)
            return
        for instrument in found:
            rule_id = self._rule_id(instrument.tick_rules)
            client.send(
                encode.contract_details(
                    client.version, request.req_id, instrument, rule_id=rule_id, today=self._hub.venue.now
                )
            )
        client.send(encode.contract_details_end(request.req_id))

    def matching_symbols(self, client: Client, request: rq.MatchingSymbols) -> None:
        """Answer reqMatchingSymbols: symbols that begin with the pattern, names that contain it."""
        pattern = request.pattern.strip().upper()
        found: dict[tuple[str, SecType], Instrument] = {}
        for instrument in self._hub.venue.instruments:
            if pattern and (instrument.symbol.startswith(pattern) or pattern in instrument.name.upper()):
                found.setdefault((instrument.symbol, instrument.sec_type), instrument)
        samples = list(found.values())[:MAX_SAMPLES]
        client.send(encode.symbol_samples(client.version, request.req_id, samples))

    def market_rule(self, client: Client, request: rq.MarketRule) -> None:
        """Answer reqMarketRule."""
        for rules in self._rules():
            if self._rule_id(rules) == request.rule_id:
                client.send(encode.market_rule(request.rule_id, rules))
                return
        client.error(refusals.INVALID_REQUEST, refusals.invalid(f"Unknown market rule {request.rule_id}"))

    def depth_exchanges(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqMktDepthExchanges."""
        client.send(encode.depth_exchanges())

    def option_parameters(self, client: Client, request: rq.OptionParameters) -> None:
        """Answer reqSecDefOptParams: no options are listed."""
        client.send(encode.option_parameters_end(request.req_id))

    def _rules(self) -> list[tuple[TickRule, ...]]:
        return list(dict.fromkeys(instrument.tick_rules for instrument in self._hub.venue.instruments))

    def _rule_id(self, rules: tuple[TickRule, ...]) -> int:
        return FIRST_RULE_ID + self._rules().index(rules)


def _problem(spec: rq.ContractSpec) -> str:
    """Say what a description lacks to be looked up at all."""
    if spec.con_id:
        return ""
    if not spec.sec_type:
        return "Please enter a valid security type"
    if not spec.symbol and not spec.local_symbol:
        return "Please enter a local symbol or a symbol"
    return ""


def _fits(instrument: Instrument, spec: rq.ContractSpec) -> bool:
    """Compare the fields that the client filled in; a conId decides alone, but for the exchange."""
    places = {instrument.exchange, encode.home_exchange(instrument), ""}
    if spec.exchange not in places:
        return False
    if spec.con_id:
        return True
    expiry = encode.expiry_text(instrument)
    return (
        spec.sec_type == instrument.sec_type.value
        and spec.symbol in ("", instrument.symbol)
        and spec.local_symbol in ("", instrument.local_symbol)
        and spec.currency in ("", instrument.currency)
        and spec.primary_exchange in places
        and spec.trading_class in ("", instrument.trading_class)
        and spec.multiplier in ("", encode.multiplier_text(instrument))
        and expiry.startswith(spec.last_trade_date)
    )
