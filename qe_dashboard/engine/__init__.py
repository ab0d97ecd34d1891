"""The engine: owns every long-lived task; front ends reach it through `facade.EngineClient` only."""
