/** The picture: stations of the network, packets between them as dots, the ways of a request as lines. */

import type { Plan } from './demo.ts';

export type Kind = 'real' | 'cover';

/** By the names that the page has for them. */
type Colour = Kind | 'other' | 'soft' | 'line' | 'card';

interface Place {
  readonly x: number;
  readonly y: number;
}

interface Dot {
  readonly from: number;
  readonly to: number;
  readonly colour: string;
  readonly start: number;
}

interface Line {
  readonly way: readonly number[];
  readonly start: number;
}

/** Beside the numbers of nodes. */
const PAGE = -1;
const SERVER = -2;
const DOT_MS = 450;
const LINE_MS = 8000;
const GLOW_MS = 300;
const MOST_DOTS = 600;

export class Picture {
  /** Called before each frame. */
  onFrame: () => void = () => {};
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #plan: Plan;
  readonly #places = new Map<number, Place>();
  readonly #seen = new Map<number, number>();
  readonly #isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  #colours = { real: '', cover: '', other: '', soft: '', line: '', card: '' };
  #entry: number | undefined;
  #dots: Dot[] = [];
  #lines: Line[] = [];

  constructor(canvas: HTMLCanvasElement, plan: Plan) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d') as CanvasRenderingContext2D;
    this.#plan = plan;
    new ResizeObserver(() => this.#measure()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#measure());
    this.#measure();
    requestAnimationFrame(() => this.#frame());
  }

  /** By which gateway this page enters: its address says it. */
  enter(address: string): void {
    const identity = address.split('@')[1];
    this.#entry = this.#plan.gateways.find(gateway => gateway.identity === identity)?.node;
  }

  sent(kind: Kind, packets: number): void {
    for (; packets > 0; packets--) this.#fly(PAGE, this.#entry, this.#colours[kind]);
  }

  received(kind: Kind, packets: number): void {
    for (; packets > 0; packets--) this.#fly(this.#entry, PAGE, this.#colours[kind]);
  }

  /** Somebody's packet has reached the last node of its way. */
  passed(way: readonly number[]): void {
    this.#fly(way.at(-2), way.at(-1), this.#colours.other);
  }

  /** A packet of the request has gone this way. */
  mark(way: readonly number[]): void {
    this.#lines.push({ way: [PAGE, ...way, SERVER], start: performance.now() });
    this.#fly(this.#plan.exit, SERVER, this.#colours.real);
  }

  nameOf(node: number): string {
    if (node === PAGE) return 'this page';
    if (node === SERVER) return 'server';
    const layer = this.#plan.layers.findIndex(nodes => nodes.includes(node));
    if (layer >= 0) return `mix ${layer + 1}${'abc'[this.#plan.layers[layer]?.indexOf(node) ?? 0]}`;
    return node === this.#plan.exit ? 'exit' : 'gateway';
  }

  #fly(from: number | undefined, to: number | undefined, colour: string): void {
    if (from === undefined || to === undefined || this.#dots.length >= MOST_DOTS) return;
    const start = performance.now();
    this.#seen.set(to, start + DOT_MS);
    if (!this.#isCalm) this.#dots.push({ from, to, colour, start });
  }

  /** From left to right, or from top to bottom where it is narrow. */
  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#canvas.width = width * devicePixelRatio;
    this.#canvas.height = height * devicePixelRatio;
    const style = getComputedStyle(document.documentElement);
    for (const name of Object.keys(this.#colours) as Colour[])
      this.#colours[name] = style.getPropertyValue(`--${name}`).trim();
    const others = this.#plan.gateways.map(({ node }) => node).filter(node => node !== this.#plan.exit);
    const columns = [[PAGE], others, ...this.#plan.layers, [this.#plan.exit], [SERVER]];
    for (const [i, column] of columns.entries())
      for (const [k, node] of column.entries()) {
        const [along, across] = [(i + 0.5) / columns.length, (k + 1) / (column.length + 1)];
        const isNarrow = width < height;
        this.#places.set(
          node,
          isNarrow ? { x: across * width, y: along * height } : { x: along * width, y: across * height },
        );
      }
  }

  #frame(): void {
    this.onFrame();
    const [now, context] = [performance.now(), this.#context];
    this.#dots = this.#dots.filter(({ start }) => now - start < DOT_MS);
    this.#lines = this.#lines.filter(({ start }) => now - start < LINE_MS).slice(-12);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    for (const line of this.#lines) this.#drawLine(line, now);
    for (const dot of this.#dots) this.#drawDot(dot, now);
    for (const [node, place] of this.#places) this.#drawNode(node, place, now);
    requestAnimationFrame(() => this.#frame());
  }

  #drawLine({ way, start }: Line, now: number): void {
    const context = this.#context;
    context.globalAlpha = 0.7 * (1 - (now - start) / LINE_MS);
    context.strokeStyle = this.#colours.real;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const node of way) {
      const { x, y } = this.#places.get(node) ?? { x: 0, y: 0 };
      context.lineTo(x, y);
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  #drawDot({ from, to, colour, start }: Dot, now: number): void {
    const [a, b] = [this.#places.get(from), this.#places.get(to)];
    if (a === undefined || b === undefined) return;
    const share = (now - start) / DOT_MS;
    this.#circle({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }, 3, colour);
  }

  #drawNode(node: number, place: Place, now: number): void {
    const context = this.#context;
    const glow = Math.max(0, 1 - Math.abs(now - (this.#seen.get(node) ?? 0)) / GLOW_MS);
    this.#circle(place, 11 + 2 * glow, this.#colours.card);
    context.strokeStyle = glow > 0 ? this.#colours.soft : this.#colours.line;
    context.lineWidth = 2;
    context.stroke();
    context.fillStyle = this.#colours.soft;
    context.font = '12px system-ui, sans-serif';
    context.textAlign = 'center';
    context.fillText(this.nameOf(node), place.x, place.y + 28);
  }

  #circle({ x, y }: Place, radius: number, colour: string): void {
    this.#context.fillStyle = colour;
    this.#context.beginPath();
    this.#context.arc(x, y, radius, 0, 2 * Math.PI);
    this.#context.fill();
  }
}
