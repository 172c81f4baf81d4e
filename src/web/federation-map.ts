import { html } from 'hono/html';
import type { FederationStatus } from '../federation/status.ts';
import { didName, type Html } from './format.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.federation;

type LinkState = 'following' | 'behind' | 'stale' | 'unreachable' | 'unverified' | 'forked';
interface Node {
  did: string;
  name: string;
  state: LinkState;
  own: boolean;
  x: number;
  y: number;
}
interface Edge {
  /** Whose log, and who reads it. */
  from: Node;
  to: Node;
  state: LinkState;
  own: boolean;
}

/** What the map draws at most; the table shows all. */
const LIMIT = 12;
const WIDTH = 720;
const RADIUS = 17;
/** Above the topmost circle there is room for two lines of the large letters of a small drawing. */
const HEADROOM = 24;

/** Nodes stand on an ellipse, so that no three are in line and no line runs through a fourth. This node is at its left. */
function place(count: number, index: number, height: number): { x: number; y: number } {
  const angle = Math.PI + (2 * Math.PI * index) / count;
  return {
    x: Math.round(WIDTH / 2 + 250 * Math.cos(angle)),
    y: Math.round(height / 2 - 8 + (height / 2 - 72) * Math.sin(angle)),
  };
}

function nodesOf(
  status: FederationStatus,
  own: { did: string; name: string },
): { nodes: Node[]; height: number; more: number } {
  const others = status.origins.filter((origin) => origin.origin !== status.own.origin);
  const shown = others.slice(0, LIMIT - 1);
  const count = shown.length + 1;
  const height = count <= 2 ? 150 : count <= 4 ? 300 : 420;
  const nodes: Node[] = [{ did: own.did, name: own.name, state: 'following', own: true, ...place(count, 0, height) }];
  for (const [index, origin] of shown.entries()) {
    const usual = origin.state === 'following' || origin.state === 'bootstrapping';
    const state = usual ? (origin.head > origin.size ? 'behind' : 'following') : (origin.state as LinkState);
    nodes.push({ did: origin.did, name: didName(origin.did), state, own: false, ...place(count, index + 1, height) });
  }
  return { nodes, height, more: others.length - shown.length };
}

/** This node reads every log it follows; another reads a log where it offers it to us. */
function edgesOf(status: FederationStatus, nodes: Node[]): Edge[] {
  const [own, ...others] = nodes as [Node, ...Node[]];
  const peerAt = new Map(status.peers.filter((peer) => peer.did).map((peer) => [peer.url, peer.did]));
  const carried = others.flatMap((origin) => {
    const sources = status.origins.find((one) => one.did === origin.did)?.sources ?? [];
    const readers = new Set(sources.map((url) => peerAt.get(url)));
    return others
      .filter((reader) => reader.did !== origin.did && readers.has(reader.did))
      .map((reader) => ({ from: origin, to: reader, state: 'following' as const, own: false }));
  });
  return [...carried, ...others.map((origin) => ({ from: origin, to: own, state: origin.state, own: true }))];
}

/** A line from the log's owner to its reader, ending short of both circles, with a head at the reader. */
function edge({ from, to, state, own }: Edge): Html {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const at = (node: Node, along: number) =>
    `${Math.round((node.x + ux * along) * 10) / 10} ${Math.round((node.y + uy * along) * 10) / 10}`;
  const end = `${to.x - ux * (RADIUS + 5)} ${to.y - uy * (RADIUS + 5)}`;
  const side = (sign: number) =>
    `${Math.round(to.x - ux * (RADIUS + 15) + sign * uy * 5.5)} ${Math.round(to.y - uy * (RADIUS + 15) - sign * ux * 5.5)}`;
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const broken =
    state === 'forked' ? html`<path class="break" d="M${middle.x - 7} ${middle.y - 7}l14 14m0 -14l-14 14"/>` : '';
  return html`<g class="edge ${state}${own ? ' own' : ''}"><path d="M${at(from, RADIUS + 5)}L${at(to, -RADIUS - 9)}"/><path class="tip" d="M${end}L${side(1)}L${side(-1)}z"/>${broken}</g>`;
}

/**
 * The words stand on the outer side of the circle, so that no line runs through them. Their distance is in em, because
 * the style sheet sets them larger where the map is drawn small.
 */
function circle(node: Node, height: number): Html {
  const { x, y } = node;
  const above = !node.own && y < height / 2 - 40;
  const edgeAt = above ? y - RADIUS - 9 : y + RADIUS + 5;
  const [first, second] = above ? ['-1.05em', '0'] : ['0.95em', '2.3em'];
  const inner = node.own
    ? html`<circle cx="${x}" cy="${y}" r="${RADIUS}"/><path d="M${x - 6} ${y - 6}h12v12h-12zM${x - 2} ${y - 6}v12M${x - 2} ${y}l6 -4M${x - 2} ${y}l6 4"/>`
    : html`<circle cx="${x}" cy="${y}" r="${RADIUS}"/>`;
  const state = node.own ? t.thisNode : t.legend[node.state];
  return html`<g class="node ${node.own ? 'own' : node.state}">${inner}<text x="${x}" y="${edgeAt}" dy="${first}">${line(node.name, 28)}</text><text class="what" x="${x}" y="${edgeAt}" dy="${second}">${state}</text></g>`;
}

/** The map of who follows whom, and the words that go with it. Hidden from nobody: the table beside it says the same. */
export function federationMap(status: FederationStatus, own: { did: string; name: string }): Html {
  const { nodes, height, more } = nodesOf(status, own);
  const edges = edgesOf(status, nodes);
  return html`<figure class="map"><svg viewBox="0 ${-HEADROOM} ${WIDTH} ${height + HEADROOM}" role="img" aria-label="${t.mapLabel(nodes.length + more)}">${edges.map(edge)}${nodes.map((node) => circle(node, height))}</svg><figcaption class="note">${
    t.arrow
  }${more > 0 && ` ${t.more(more)}`}</figcaption></figure>`;
}
