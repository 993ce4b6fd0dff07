/** What of each feature this protocol has a place for, with the vendor's page that shows it. */
import type { FeatureTable } from "../features.ts";

export const features = {} as never satisfies FeatureTable;
