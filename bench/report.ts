import type { Finding, Lab } from './lab.ts'
import { type Spread, spread } from './statistics.ts'

/** Three figures that matter, without an exponent. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  if (size >= 10) return value.toFixed(1)
  return size === 0 ? '0' : value.toFixed(2)
}

const withSpread = ({ median, min, max, samples }: Spread, unit = ''): string =>
  samples === 0
    ? '–'
    : `${digits(median)}${unit}${samples > 1 ? ` (${digits(min)}–${digits(max)})` : ''}`

const TOLERANCE = 0.15

export function verdict({ figure, target, tolerance }: Finding): string {
  if (!figure || Number.isNaN(figure.median)) return 'not measured'
  const { median } = figure
  const within = (slack: number) =>
    'least' in target ? median >= target.least * (1 - slack) : median <= target.most * (1 + slack)
  if (within(0)) return 'met'
  return tolerance && within(TOLERANCE) ? 'within 15%' : 'missed'
}

const targetText = ({ target, unit }: Finding): string =>
  'least' in target ? `≥ ${target.least}${unit}` : `≤ ${target.most}${unit}`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

/** Everything a run found, as Markdown. */
export function report(lab: Lab, about: readonly string[], took: number): string {
  const { quick, rounds } = lab.options
  const findings = lab.findings.map((finding) => [
    finding.promise,
    finding.metric,
    finding.figure ? withSpread(finding.figure, finding.unit) : (finding.missing ?? '–'),
    targetText(finding),
    verdict(finding),
  ])
  const of = (values: (number | undefined)[]) => spread(values.map((value) => value ?? Number.NaN))
  const readings = [...lab.readings].map(([name, rows]) => [
    name,
    withSpread(of(rows.map(({ perSecond }) => perSecond))),
    withSpread(of(rows.map(({ cpuMicros }) => cpuMicros))),
    digits(of(rows.map(({ p50 }) => p50)).median),
    digits(of(rows.map(({ p99 }) => p99)).median),
    digits(of(rows.map(({ max }) => max)).max),
    percent(of(rows.map(({ loadShare }) => loadShare)).median),
    percent(of(rows.map(({ foreignShare }) => foreignShare)).max),
    rows.find(({ unexpected }) => unexpected !== undefined)?.unexpected ?? '',
  ])
  return `${[
    '# Benchmark results',
    '',
    `${new Date().toISOString().slice(0, 10)}, \`npm run bench${quick ? ' -- --quick' : ''}\`: ${rounds} rounds, ${Math.round(took)} s. How it is measured stands in [README.md](README.md).`,
    '',
    ...about.map((line) => `- ${line}`),
    '',
    '## Targets',
    '',
    'Median over the rounds, with the least and the greatest.',
    '',
    ...table(['', 'Metric', 'Figure', 'Target', ''], findings),
    '',
    '## Rates and latencies',
    '',
    'CPU µs: of the server with all its processes and threads, for one operation. Load: how much of its core the load used; near 100% the load is the limit. Others: the most that other processes took of either core in a round. Latency in milliseconds.',
    '',
    ...table(
      ['', 'per second', 'CPU µs', 'p50', 'p99', 'max', 'load', 'others', 'unexpected answers'],
      readings,
    ),
    '',
    '## Other figures',
    '',
    ...table(
      ['', 'Figure'],
      lab.figures.map(({ name, figure, unit }) => [name, withSpread(figure, unit)]),
    ),
    '',
    ...lab.notes.map((note) => `- ${note}`),
  ].join('\n')}\n`
}

const percent = (share: number): string =>
  Number.isNaN(share) ? '' : `${Math.round(share * 100)}%`
