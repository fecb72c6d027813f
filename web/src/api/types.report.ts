// The training report of a version, as the package keeps it. What the rows did
// not allow is absent; a model registered by other means has no report at all.
// Sentences in it are the package's own: English.
import type { Metric } from './types';

export interface Report {
  version: number;
  title: string;
  task?: 'regression' | 'binary' | 'multiclass'; // none: regression
  classes?: string[];
  positive?: string; // binary: the class whose probability is told
  positive_because?: string; // why that one, where the recipe did not choose
  target: { name: string; unit?: string };
  data: {
    path: string;
    digest: string;
    rows: number;
    train: number;
    calibration: number;
    holdout: number;
    split: string;
  };
  algorithm: string;
  params: Record<string, string>;
  features: number;
  search: { metric: string; strategy?: string; folds: number; repeats?: number };
  candidates: Candidate[] | null; // the best first
  metrics: Metric[];
  baseline: Metric[] | null; // of always answering the same, on the same rows
  versus?: Versus[]; // beside other models, on the same rows
  interval?: {
    level: number;
    covered: number;
    of: number;
    share: number;
    low: number;
    high: number;
    method: string;
    classes?: number; // that a set has on average; none: it is an interval of a number
  };
  residuals: { share: number; value: number }[] | null; // true value minus prediction
  importance: { input: string; label?: string; share: number }[] | null; // the strongest first
  gates: Gate[] | null;
  passed: boolean;
  evidence?: Evidence; // reports of old versions have none
  quick?: { skipped: string[] }; // the run took shortcuts: gates bind nobody
  warnings: string[] | null;
}

export interface Candidate {
  name: string;
  params: Record<string, string> | null;
  score?: number; // none: it was not scored
  score_low?: number;
  score_high?: number;
  p?: number; // of the paired test against the best
  fit_seconds?: number; // a registered report has no times: it is the same for every run
  predict_us?: number;
  size?: number; // bytes
  chosen: boolean;
  tied: boolean;
  status?: string; // of one that is not ranked: dropped, skipped or failed
  reason?: string;
}

export interface Gate {
  metric: string; // or coverage, fit_seconds, predict_us, size
  min?: number;
  max?: number;
  by: string; // "interval": all of it must be on the right side; "value"
  value: number;
  low: number;
  high: number;
  verdict: 'pass' | 'fail' | 'not enough evidence';
  reason: string;
}

export type Better = 'better' | 'worse' | 'undecided';

export interface Versus {
  with: string;
  role: 'plain' | 'present';
  rows: number;
  metrics?: Comparison[];
  verdict?: Better;
  sentence: string;
  seen?: boolean; // the other may have been trained on some of these rows
}

export interface Comparison {
  name: string;
  title: string;
  current: number;
  candidate: number;
  gain: number; // how much better the candidate is, whichever way the metric goes
  gain_low: number;
  gain_high: number;
  gain_unit?: '%' | 'points'; // per cent of the other's loss, percentage points; none: plainly
  verdict: Better;
  level: number;
  n: number;
  sentence: string;
}

export interface Evidence {
  residuals?: Residuals;
  calibration?: Calibration[];
  confusion?: Confusion;
  roc?: ClassCurve[];
  precision_recall?: ClassCurve[]; // x: recall, y: precision
  thresholds?: Choice[]; // of the positive class of two
  effects?: Effects;
  permutation?: Permutation;
  dependence?: { rows: number; of: number; level: number; curves: DependenceCurve[] };
  slices?: Slices;
  learning_curve?: LearningCurve;
}

export interface Residuals {
  rows: number;
  level: number;
  mean: number;
  tenths: {
    from: number; // predictions
    to: number;
    rows: number;
    mean: number; // true minus predicted
    low: number;
    high: number;
    typical: number; // the median size of the error
    p10: number;
    p90: number;
  }[];
  points: [number, number][]; // predicted, true: a sample
  sentences: string[];
}

interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface Calibration {
  class: string;
  rows: number;
  level: number;
  bins: { from: number; to: number; rows: number; predicted: number; observed: number; low: number; high: number }[];
  error: Interval;
  sentence: string;
}

export interface Confusion {
  classes: string[];
  counts: number[][]; // [true][told]
  figures: { class: string; rows: number; predicted: number; precision: Interval; recall: Interval; f1: number }[];
  more?: number; // classes that are not listed
}

// What taking every row from a probability on would do.
export interface Choice {
  threshold: number;
  chosen: number;
  precision: number;
  recall: number;
  specificity: number;
  f1: number;
  missed: number;
  alarms: number;
}

export interface ClassCurve {
  class: string;
  points: { x: number; y: number; threshold: number }[];
  area: number;
  base: number;
}

export type EffectScale = 'additive' | 'log' | 'log-odds' | 'transformed';

export interface Effects {
  scale: EffectScale;
  by?: 'chained' | 'sampled'; // not exact
  rows: number;
  of: number;
  level: number;
  inputs: Effect[]; // the strongest first
}

export interface Effect {
  input: string;
  label?: string;
  unit?: string;
  mean: number; // the mean size, on the score's scale
  low: number;
  high: number;
  share: number;
  class?: string;
  shape?: EffectBin[];
  sentence?: string;
}

export interface EffectBin {
  from: number;
  to: number;
  level?: string;
  missing?: boolean;
  rows: number;
  mean: number;
  quantiles: number[]; // 5, 25, 50, 75 and 95 per cent
}

export interface Permutation {
  metric: string;
  baseline: number;
  rows: number;
  repeats: number;
  level: number;
  columns: { columns: string[]; rise: number; low: number; high: number; needed: boolean }[];
  sentences?: string[];
}

export interface DependenceCurve {
  input: string;
  class?: string;
  points: { value: number; level?: string; share: number; mean: number; low: number; high: number }[];
}

export interface Slices {
  metric: string;
  overall: Metric;
  rows: number;
  of: number;
  slices: Slice[] | null; // the surest first
  guard: string;
  sentences: string[];
}

export interface Slice {
  conditions: Condition[];
  text: string;
  share: number;
  n: number;
  value: number;
  low: number;
  high: number;
  rest: number;
}

export interface Condition {
  column: string;
  op: string;
  value: number;
  level?: string;
}

export interface LearningCurve {
  metric: string;
  level: number;
  repeats: number;
  points: { rows: number; test: number; low: number; high: number; train: number }[]; // from the smallest
  helps: boolean;
  sentences: string[];
}
