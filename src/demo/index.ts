/**
 * Simulated vendors for `ringmain demo`: they read requests and write answers through the protocols themselves, at a
 * believable pace, and some of them misbehave on purpose. They open no connection, wait for nothing and read no clock:
 * whoever serves them plays their steps.
 */
export { type Chance, createChance } from "./chance.ts";
export { DEMO_ACCOUNT_KEY, DEMO_CLIENT_KEY, demoConfig } from "./config-text.ts";
export { SIMULATED } from "./place.ts";
export { isTemper, TEMPERS, type Temper } from "./temper.ts";
export { createVendors, type Piece, type VendorAnswer, type VendorCall, type Vendors } from "./vendor.ts";
export { welcome } from "./welcome.ts";
