import { printable } from '@keelson/kernel/redact'
import { widthOf } from '../output/table.js'
import type { DrawnEdge, DrawnNode } from './drawn-graph.js'

export interface Point {
  readonly x: number
  readonly y: number
}

/** A node with where its middle is, in px. */
export interface PlacedNode extends DrawnNode, Point {
  readonly width: number
  readonly height: number
}

export interface PlacedEdge extends DrawnEdge {
  readonly points: readonly Point[]
}

export interface Placed {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** In px: between the boxes of a row, between rows, and around all. */
export const GAP = 28
export const ROW = 56
export const MARGIN = 16
/** Of a letter. */
const LETTER = 7.8

/** How large the box of a name is, in px. */
export function boxOf(name: string): { width: number; height: number } {
  return { width: Math.max(64, widthOf(printable(name)) * LETTER + 28), height: 36 }
}
