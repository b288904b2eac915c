/** The value below which the given part of the samples lies (nearest rank); NaN without samples. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

/** Median with the least and the greatest, of whatever was repeated. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly samples: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1
      ? sorted[Math.floor(middle)]
      : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
  return {
    median: median ?? Number.NaN,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    samples: sorted.length,
  }
}

/** The ratios round by round: drift of the machine moves both sides of a round and so cancels out. */
export const ratios = (of: readonly number[], to: readonly number[]): Spread =>
  spread(of.map((value, round) => value / (to[round] ?? Number.NaN)))
