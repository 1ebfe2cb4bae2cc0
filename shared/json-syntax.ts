import { findNodeAtLocation, parseTree, type Node } from "jsonc-parser";

export type Path = readonly (string | number)[];

/** The syntax tree of a JSON text, which `JSON.parse` accepts. */
export function syntaxTree(json: string): Node {
  const root = parseTree(json);
  if (root === undefined) throw new SyntaxError("a syntax tree is asked for of what is no JSON");
  return root;
}

/** The part of the text at a path; undefined where there is none. */
export function nodeAt(root: Node, path: Path): Node | undefined {
  return findNodeAtLocation(root, [...path]);
}

/** The part at a path; where there is none, the nearest thing around it. */
export function nearestNode(root: Node, path: Path): Node {
  for (let length = path.length; length > 0; length -= 1) {
    const found = nodeAt(root, path.slice(0, length));
    if (found !== undefined) return found;
  }
  return root;
}

/** The name of the property at a path; where there is none, the nearest thing around it. */
export function nearestKey(root: Node, path: Path): Node {
  const node = nearestNode(root, path);
  return node.parent?.type === "property" ? (node.parent.children?.[0] ?? node) : node;
}

/** A node's own text. */
export function textOf(json: string, { offset, length }: Node): string {
  return json.slice(offset, offset + length);
}

/** The first key that stands twice in one object. */
export function duplicateKey(node: Node): Node | undefined {
  const seen = new Set<unknown>();
  for (const part of node.children ?? []) {
    const key = part.type === "property" ? part.children?.[0] : undefined;
    if (key !== undefined && seen.has(key.value)) return key;
    if (key !== undefined) seen.add(key.value);
    const inside = duplicateKey(part);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
