/**
 * Makes crossings.csv, the demonstration's data: one year of an invented ferry company, a row per planned crossing.
 * `node src/cli/demonstration/generate.ts` writes it again, byte for byte the same: the only randomness is the seed below.
 *
 * Each day has a wind that remembers yesterday's and is stronger in winter. Wind cancels crossings, most of all on the open
 * route, and delays the others; passengers follow the season, the weekday and the hour.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { COLUMNS } from "./task.ts";

const SEED = 20_250_101;
const YEAR = 2025;
const DAY_MS = 86_400_000;
const FILE = resolve(import.meta.dirname, "crossings.csv");

interface Route {
  name: string;
  vessel: string;
  departures: string[];
  /** Sails from April to October only. */
  summerDepartures: string[];
  /** Knots from which crossings begin to be cancelled. */
  limit: number;
  /** Minutes late on a calm day, on average. */
  late: number;
  /** Passengers on a good summer Saturday at noon. */
  seats: number;
}

const ROUTES: Route[] = [
  {
    name: "Harnsey",
    vessel: "Kittiwake",
    departures: ["06:40", "09:15", "13:30", "17:50"],
    summerDepartures: ["11:20"],
    limit: 34,
    late: 3,
    seats: 210,
  },
  {
    name: "Skellow",
    vessel: "Dunlin",
    departures: ["08:00", "15:45"],
    summerDepartures: ["12:10"],
    limit: 29,
    late: 6,
    seats: 140,
  },
  {
    name: "Brannish",
    vessel: "Petrel",
    departures: ["10:30"],
    summerDepartures: ["18:20"],
    limit: 26,
    late: 8,
    seats: 95,
  },
];

/** Mulberry32: numbers in [0, 1) that are the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function generate(seed: number = SEED): string {
  const random = randomFrom(seed);
  const lines = [COLUMNS.join(",")];
  let gusty = 0;
  for (let day = Date.UTC(YEAR, 0, 1); day < Date.UTC(YEAR + 1, 0, 1); day += DAY_MS) {
    const date = new Date(day);
    const summer = (1 - Math.cos((2 * Math.PI * (date.getUTCMonth() + 0.5)) / 12)) / 2;
    gusty = 0.6 * gusty + 11 * (random() + random() + random() - 1.5);
    for (const route of ROUTES) {
      const open = date.getUTCMonth() >= 3 && date.getUTCMonth() <= 9;
      for (const departure of [...route.departures, ...(open ? route.summerDepartures : [])].sort()) {
        const wind = Math.max(1, Math.round(21 - 8 * summer + gusty + 5 * (random() - 0.5)));
        lines.push(crossing(route, date, departure, wind, summer, random).join(","));
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function crossing(
  route: Route,
  date: Date,
  departure: string,
  wind: number,
  summer: number,
  random: () => number,
): (string | number)[] {
  const head = [date.toISOString().slice(0, 10), departure, route.name, route.vessel];
  if (wind >= route.limit && random() < 0.3 + (wind - route.limit) / 15)
    return [...head, "cancelled", "", "", "", wind];
  const late = Math.round(-Math.log(1 - random()) * route.late * (0.5 + wind / 22) + random() * 2);
  const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6 ? 1.25 : 1;
  const noon = 1 - Math.abs(Number(departure.slice(0, 2)) - 13) / 14;
  const share = Math.min(1, (0.25 + 0.6 * summer) * weekend * noon * (0.75 + 0.5 * random()));
  const passengers = Math.round(route.seats * share);
  return [...head, "sailed", late, passengers, Math.round(passengers * (0.16 + 0.08 * random())), wind];
}

if (import.meta.main) writeFileSync(FILE, generate());
