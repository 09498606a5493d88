/** The columns of the demonstration's file: `delay_minutes`, `passengers` and `vehicles` are empty when a crossing was cancelled. */
export const COLUMNS = [
  "date",
  "departure",
  "route",
  "vessel",
  "status",
  "delay_minutes",
  "passengers",
  "vehicles",
  "wind_knots",
] as const;
