/**
 * Clean real tables: files of the shared data folder, their target, and what is truly to be found in them.
 *
 * Without a reason here, a finding of an alarm kind is false.
 */
import { createRandom } from "../../src/core/index.ts";
import type { FindingKind } from "../../src/data/index.ts";
import { type Columns, readColumns, rowCountOf, rowsAt, shuffled } from "./csv-columns.ts";

export interface CleanTable {
  readonly file: string;
  readonly target: string;
  /** Columns that are no part of the clean table: leaks and row numbers that it is known for. */
  readonly without?: readonly string[];
  /** Kinds of defect that the table cannot hold, with the reason. */
  readonly cannotHold?: Readonly<Record<string, string>>;
}

/** Tables that defects are planted into: their columns tell the target to some degree. */
export const plantedTables: readonly CleanTable[] = [
  { file: "tabular/abalone.csv.gz", target: "rings" },
  { file: "tabular/adult-train.csv.gz", target: "income" },
  {
    file: "tabular/banknote.csv.gz",
    target: "class",
    cannotHold: { "change of unit": "all of its columns lie around zero, where a factor leaves no gap" },
  },
  { file: "tabular/breast-cancer-wisconsin.csv.gz", target: "class", without: ["id"] },
  { file: "tabular/california-housing.csv.gz", target: "median_house_value" },
  { file: "tabular/concrete.csv.gz", target: "compressive_strength" },
  { file: "tabular/iris.csv.gz", target: "species" },
  { file: "tabular/mpg.csv.gz", target: "mpg" },
  { file: "tabular/penguins.csv.gz", target: "species" },
  { file: "tabular/pima-diabetes.csv.gz", target: "outcome" },
  { file: "tabular/telco-churn.csv.gz", target: "Churn", without: ["customerID"] },
  { file: "tabular/titanic.csv.gz", target: "Survived", without: ["PassengerId"] },
  { file: "tabular/employee-attrition.csv.gz", target: "Attrition" },
  { file: "tabular/lending-club.csv.gz", target: "Class" },
  {
    file: "tabular/bike-sharing-day.csv.gz",
    target: "cnt",
    without: ["instant", "dteday", "casual", "registered"],
  },
];

/** Rows that a defect is planted into, at most. */
const maxRows = 4000;

/** The rows in an order of chance: some files are sorted by class, and then a shift of one row changes nothing. */
export function cleanColumns(folder: string, { file, target, without = [] }: CleanTable): Columns {
  const all = new Map([...readColumns(`${folder}${file}`)].filter(([name]) => !without.includes(name)));
  const answers = all.get(target)!;
  const rows = shuffled(rowCountOf(all), createRandom(5)).filter((row) => answers[row] !== "");
  return rowsAt(all, rows.slice(0, maxRows));
}

/** Kinds of finding that raise an alarm; the others describe how a table was read. */
export const alarmKinds: readonly FindingKind[] = [
  "duplicateRows",
  "groupedRows",
  "leak",
  "missingCode",
  "mixedTypes",
  "mixedUnits",
  "shiftedTarget",
  "spellings",
  "targetInId",
  "timeOrder",
];

export interface KnownTable {
  readonly file: string;
  readonly target: string;
  /** What is truly in it, as "kind column" ("kind" alone for the table as a whole), with the reason. */
  readonly known?: Readonly<Record<string, string>>;
}

const question = "the file writes ? for missing";
const again = "the file repeats rows, as the finding counts them";
const zero = "a zero is impossible here: the data's own notes call it missing";
const series = "a series in time";
const after = "known with the answer only";

/** Real tables as they are, whole. */
export const knownTables: readonly KnownTable[] = [
  { file: "tabular/abalone.csv.gz", target: "rings" },
  {
    file: "tabular/adult-train.csv.gz",
    target: "income",
    known: {
      "missingCode workclass": question,
      "missingCode occupation": question,
      "missingCode native-country": question,
      "missingCode capital-gain": "99999 is the census' code for more than can be told",
      duplicateRows: again,
    },
  },
  {
    file: "tabular/adult-test.csv.gz",
    target: "income",
    known: {
      "missingCode workclass": question,
      "missingCode occupation": question,
      "missingCode native-country": question,
      "missingCode capital-gain": "99999 is the census' code for more than can be told",
      duplicateRows: again,
    },
  },
  { file: "tabular/banknote.csv.gz", target: "class", known: { duplicateRows: again } },
  {
    file: "tabular/bike-sharing-day.csv.gz",
    target: "cnt",
    known: {
      "timeOrder dteday": series,
      "leak casual": "casual + registered is cnt",
      "leak registered": "casual + registered is cnt",
    },
  },
  {
    file: "tabular/bike-sharing-hour.csv.gz",
    target: "cnt",
    known: {
      "timeOrder dteday": series,
      "leak casual": "casual + registered is cnt",
      "leak registered": "casual + registered is cnt",
      "missingCode hum": "a humidity of 0 for a whole day: the sensor failed",
    },
  },
  {
    file: "tabular/breast-cancer-wisconsin.csv.gz",
    target: "class",
    known: { "missingCode bare_nuclei": question, duplicateRows: again },
  },
  { file: "tabular/california-housing.csv.gz", target: "median_house_value" },
  {
    file: "tabular/car-insurance-claims.csv.gz",
    target: "numclaims",
    known: {
      "leak clm": after,
      "leak claimcst0": after,
      "missingCode veh_value": "no car is worth 0",
      duplicateRows: again,
    },
  },
  { file: "tabular/concrete.csv.gz", target: "compressive_strength", known: { duplicateRows: again } },
  { file: "tabular/employee-attrition.csv.gz", target: "Attrition" },
  {
    file: "tabular/employment-ma-reference.csv.gz",
    target: "employed",
    known: {
      "leak prediction": "another model's answer",
      "leak predicted_probability": "another model's answer",
      duplicateRows: again,
    },
  },
  { file: "tabular/iris.csv.gz", target: "species", known: { duplicateRows: again } },
  {
    file: "tabular/lending-club.csv.gz",
    target: "Class",
    known: { "missingCode annual_inc": "nobody is lent money on an income of 0, and the next is 8,000" },
  },
  { file: "tabular/mpg.csv.gz", target: "mpg" },
  {
    file: "tabular/nyc-flights.csv.gz",
    target: "arr_delay",
    known: { "leak dep_delay": "the same delay, known when the plane has left" },
  },
  {
    file: "tabular/nyc-taxi-trips.csv.gz",
    target: "fare",
    known: {
      "leak total": "the bill's total less its other parts is the fare",
      "leak tip": "the bill's total less its other parts is the fare",
      "leak tolls": "the bill's total less its other parts is the fare",
    },
  },
  { file: "tabular/penguins.csv.gz", target: "species" },
  {
    file: "tabular/pima-diabetes.csv.gz",
    target: "outcome",
    known: {
      "missingCode glucose": zero,
      "missingCode blood_pressure": zero,
      "missingCode skin_thickness": zero,
      "missingCode insulin": zero,
      "missingCode bmi": zero,
    },
  },
  { file: "tabular/telco-churn.csv.gz", target: "Churn", known: { duplicateRows: again } },
  { file: "tabular/titanic.csv.gz", target: "Survived" },
  { file: "tabular/wine-quality-red.csv.gz", target: "quality", known: { duplicateRows: again } },
  { file: "tabular/wine-quality-white.csv.gz", target: "quality", known: { duplicateRows: again } },
  {
    file: "timeseries/airline-passengers.csv",
    target: "Passengers",
    known: { "timeOrder Month": series },
  },
  {
    file: "timeseries/daily-min-temperatures.csv.gz",
    target: "Temp",
    known: { "timeOrder Date": series },
  },
  { file: "timeseries/monthly-sunspots.csv.gz", target: "Sunspots", known: { "timeOrder Month": series } },
  { file: "timeseries/ETTh1.csv.gz", target: "OT", known: { "timeOrder date": series } },
  { file: "timeseries/pedestrian-hourly.csv.gz", target: "Count", known: { "timeOrder Date": series } },
  {
    file: "timeseries/beijing-pm25-2010-2013.csv.gz",
    target: "pm2.5",
    known: { "missingCode pm2.5": "the file writes NA for missing" },
  },
  {
    file: "timeseries/cta-ridership-2001-2019.csv.gz",
    target: "total_rides",
    known: {
      "timeOrder service_date": series,
      "leak bus": "bus + rail_boardings is total_rides",
      "leak rail_boardings": "bus + rail_boardings is total_rides",
    },
  },
  { file: "anomaly/cardio.csv.gz", target: "anomaly", known: { duplicateRows: again } },
  { file: "anomaly/fault.csv.gz", target: "anomaly" },
  { file: "anomaly/glass.csv.gz", target: "anomaly", known: { duplicateRows: again } },
  { file: "anomaly/ionosphere.csv.gz", target: "anomaly", known: { duplicateRows: again } },
  { file: "anomaly/musk.csv.gz", target: "anomaly" },
  { file: "anomaly/pendigits.csv.gz", target: "anomaly" },
  { file: "anomaly/satellite.csv.gz", target: "anomaly" },
  { file: "anomaly/shuttle.csv.gz", target: "anomaly" },
  { file: "anomaly/spambase.csv.gz", target: "anomaly" },
  { file: "anomaly/thyroid.csv.gz", target: "anomaly", known: { duplicateRows: again } },
  { file: "anomaly/vowels.csv.gz", target: "anomaly", known: { duplicateRows: again } },
  { file: "anomaly/wine.csv.gz", target: "anomaly" },
  { file: "recsys/movielens-ratings.csv.gz", target: "rating" },
];
