/** One line of a terminal. */
export interface Line {
  readonly text: string
  readonly is: 'command' | 'output'
}

const FONT = 14
/** Of the usual monospaced fonts, in parts of the font's size; `textLength` holds other fonts to it. */
const ADVANCE = 0.6
const HEIGHT = 20
const EDGE = 18
const BAR = 30

/**
 * A terminal as an SVG that needs no script and no font of its own, and follows the reader's light or dark setting, also
 * where it is shown as an image.
 */
export function terminalSvg(lines: readonly Line[], title: string): string {
  const shown = lines.at(-1)?.text === '' ? lines.slice(0, -1) : lines
  const columns = Math.max(
    60,
    ...shown.map(({ text, is }) => length(text) + (is === 'command' ? 2 : 0)),
  )
  const width = Math.ceil(columns * FONT * ADVANCE) + 2 * EDGE
  const height = BAR + shown.length * HEIGHT + 2 * EDGE - 8
  const rows = shown
    .map(({ text, is }, i) => {
      const y = BAR + EDGE + i * HEIGHT + 6
      return is === 'command'
        ? row('$', EDGE, y, 'p') + row(text, EDGE + 2 * FONT * ADVANCE, y, 'c')
        : row(text, EDGE, y, 'o')
    })
    .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>
.w{fill:#fff;stroke:#d0d7de}.b{fill:#f6f8fa}.d{fill:#d0d7de}
text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}
.p{fill:#1a7f37}.c{fill:#0550ae;font-weight:bold}.o{fill:#1f2328}
@media (prefers-color-scheme:dark){
.w{fill:#0d1117;stroke:#3d444d}.b{fill:#151b23}.d{fill:#3d444d}
.p{fill:#3fb950}.c{fill:#79c0ff}.o{fill:#e6edf3}}
</style>
<rect class="w" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
<path class="b" d="M1 ${BAR}V9a8 8 0 0 1 8-8h${width - 18}a8 8 0 0 1 8 8v${BAR - 9}z"/>
${[0, 1, 2].map((i) => `<circle class="d" cx="${EDGE + 4 + i * 18}" cy="${BAR / 2}" r="5"/>`).join('')}
${rows}</svg>
`
}

/** Each line is as wide as its characters are many, whatever font it is shown in. */
const row = (text: string, x: number, y: number, style: string): string =>
  text.trim() === ''
    ? ''
    : `<text class="${style}" x="${round(x)}" y="${y}" textLength="${round(length(text) * FONT * ADVANCE)}">${escaped(text)}</text>\n`

const length = (text: string): number => [...text].length
const round = (value: number): number => Math.round(value * 10) / 10

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[one] ?? one)
