// What tests can miss in a file: the branches that it can take, and the small mistakes (mutations) that it could hold. Types are taken out
// in place, so that every position is that of the file as it stands.

import { stripTypeScriptTypes } from 'node:module';
import { type AnyNode, parse } from 'acorn';

export interface Branch {
  /** Taken when this position was run … */
  readonly at: number;
  /** … or, for the way around it, when this one was run more often. */
  readonly around: number | undefined;
  readonly what: string;
}

export interface Mutation {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly operator: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Visit {
  readonly node: AnyNode;
  readonly parent: AnyNode | undefined;
}

/** Both ways of each condition, every case, handler, loop body and function. Optional chaining and defaults are not counted by V8. */
export function branchesOf(source: string): Branch[] {
  const branches: Branch[] = [];
  const add = (what: string, at: number, around?: number) => branches.push({ at, around, what });
  for (const { node } of nodesOf(source)) {
    if (node.type === 'IfStatement') {
      add('if', node.consequent.start);
      if (node.alternate) add('else', node.alternate.start);
      else add('not if', node.consequent.start, node.start);
    } else if (node.type === 'ConditionalExpression') {
      add('?', node.consequent.start);
      add(':', node.alternate.start);
    } else if (node.type === 'LogicalExpression') {
      add(`right of ${node.operator}`, node.right.start);
      add(`left of ${node.operator} alone`, node.right.start, node.left.start);
    } else if (node.type === 'SwitchCase') {
      const first = node.consequent[0];
      if (first !== undefined) add('case', first.start);
    } else if (node.type === 'CatchClause') {
      add('catch', node.body.start);
    } else if (isLoop(node)) {
      add('loop', node.body.start);
    } else if (isFunction(node)) {
      add('function', node.body.start);
    }
  }
  return branches;
}

/** One small mistake each, such as a person makes. */
export function mutationsOf(source: string): Mutation[] {
  const mutations: Mutation[] = [];
  for (const { node, parent } of nodesOf(source)) {
    const replace = (operator: string, replacement: string, { start, end }: Span = node) =>
      mutations.push({ start, end, replacement, operator });
    if (node.type === 'BinaryExpression' || node.type === 'LogicalExpression') {
      const between = source.slice(node.left.end, node.right.start);
      const offset = node.left.end + between.indexOf(node.operator);
      const here = { start: offset, end: offset + node.operator.length };
      if (isText(node.left) || isText(node.right)) continue;
      for (const other of exchanges.get(node.operator) ?? [])
        replace(`${node.operator} → ${other}`, other, here);
    } else if (node.type === 'UnaryExpression' && node.operator === '!') {
      replace('! taken away', source.slice(node.argument.start, node.argument.end));
    } else if (node.type === 'Literal' && typeof node.value === 'boolean') {
      replace(`${node.value} → ${!node.value}`, String(!node.value));
    } else if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
      const { property } = node.callee;
      const other = property.type === 'Identifier' ? callExchanges.get(property.name) : undefined;
      if (other !== undefined && property.type === 'Identifier')
        replace(`${property.name} → ${other}`, other, property);
    } else if (isRemovable(node, parent)) {
      replace('statement removed', ';');
    }
    if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') {
      replace('condition → true', '(true)', node.test);
      replace('condition → false', '(false)', node.test);
    } else if (node.type === 'WhileStatement') {
      replace('condition → false', '(false)', node.test);
    } else if (node.type === 'UpdateExpression') {
      const other = node.operator === '++' ? '--' : '++';
      const text = source.slice(node.argument.start, node.argument.end);
      replace(`${node.operator} → ${other}`, node.prefix ? other + text : text + other);
    } else if (node.type === 'AssignmentExpression' && ['+=', '-='].includes(node.operator)) {
      const other = node.operator === '+=' ? '-=' : '+=';
      const offset = source.indexOf(node.operator, node.left.end);
      replace(`${node.operator} → ${other}`, other, { start: offset, end: offset + 2 });
    } else if (isFunction(node) && node.body.type === 'BlockStatement' && node.body.body.length > 1) {
      // Only where a function gives nothing back: elsewhere its callers fall over at once.
      if (!/\breturn\b[^;]/.test(source.slice(node.body.start, node.body.end)))
        replace('body emptied', '{}', node.body);
    }
  }
  return mutations;
}

const exchanges: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    '<': ['<=', '>='],
    '<=': ['<', '>'],
    '>': ['>=', '<='],
    '>=': ['>', '<'],
    '===': ['!=='],
    '!==': ['==='],
    '+': ['-'],
    '-': ['+'],
    '*': ['/'],
    '/': ['*'],
    '%': ['*'],
    '&': ['|'],
    '|': ['&'],
    '<<': ['>>'],
    '>>': ['<<'],
    '>>>': ['<<'],
    '&&': ['||'],
    '||': ['&&'],
    '??': ['&&'],
  }),
);

const callExchanges: ReadonlyMap<string, string> = new Map(
  Object.entries({
    some: 'every',
    every: 'some',
    min: 'max',
    max: 'min',
    startsWith: 'endsWith',
    ceil: 'floor',
    floor: 'ceil',
  }),
);

function isText(node: AnyNode): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}

function isRemovable(node: AnyNode, parent: AnyNode | undefined): boolean {
  // The arm of a condition may be a single statement, and ";" stands for it as well.
  if (parent === undefined || parent.type === 'Program') return false;
  if (node.type === 'ThrowStatement' || node.type === 'BreakStatement' || node.type === 'ContinueStatement')
    return true;
  if (node.type !== 'ExpressionStatement' || 'directive' in node) return false;
  const { expression } = node;
  return !(expression.type === 'CallExpression' && expression.callee.type === 'Super');
}

function isLoop(node: AnyNode) {
  return (
    node.type === 'WhileStatement' ||
    node.type === 'ForStatement' ||
    node.type === 'ForOfStatement' ||
    node.type === 'ForInStatement' ||
    node.type === 'DoWhileStatement'
  );
}

function isFunction(node: AnyNode) {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

function nodesOf(source: string): Visit[] {
  const plain = stripTypeScriptTypes(source);
  if (plain.length !== source.length) throw new Error('positions moved when the types were taken out');
  const found: Visit[] = [];
  const walk = (node: AnyNode, parent: AnyNode | undefined) => {
    found.push({ node, parent });
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, node);
    }
  };
  walk(parse(plain, { ecmaVersion: 'latest', sourceType: 'module' }) as AnyNode, undefined);
  return found;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
