import { crc32, deflateSync } from 'node:zlib'

const WIDTH = 120
const HEIGHT = 50
const DETAIL = 4
const COLOUR = [31, 78, 121] as const

/** Our own picture: a key, lying. XSOAR shows 120 by 50 pixels. */
export function keyImage(): Buffer {
  const rows = Buffer.alloc(HEIGHT * (1 + WIDTH * 4))
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      rows.set([...COLOUR, Math.round(255 * covered(x, y))], y * (1 + WIDTH * 4) + 1 + x * 4)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(WIDTH, 0)
  header.writeUInt32BE(HEIGHT, 4)
  // 8 bits for each of red, green, blue and opacity (PNG, section 11.2.1).
  header.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** How much of a pixel the key covers, from 0 to 1. */
function covered(x: number, y: number): number {
  let hits = 0
  for (let i = 0; i < DETAIL; i++)
    for (let j = 0; j < DETAIL; j++)
      if (isKey(x + (i + 0.5) / DETAIL, y + (j + 0.5) / DETAIL)) hits++
  return hits / DETAIL ** 2
}

function isKey(x: number, y: number): boolean {
  const fromCentre = Math.hypot(x - 30, y - 25)
  const isBow = fromCentre < 17 && fromCentre > 10
  const isShaft = x > 44 && x < 104 && y > 22 && y < 28
  const isBit = y >= 28 && y < 38 && ((x > 82 && x < 88) || (x > 95 && x < 101))
  return isBow || isShaft || isBit
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
