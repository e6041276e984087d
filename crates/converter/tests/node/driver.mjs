// The product's side: a process that converts programs one after the other, and a new one where it ends before its time.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Driver {
  #path;
  #child = null;
  #waiting = [];

  constructor(path) {
    this.#path = path;
  }

  /** The answers to programs `{ code, pages }`, in their order. */
  ask(programs) {
    return Promise.all(programs.map(program => new Promise(resolve => {
      const entry = { line: `${JSON.stringify({ id: 0, ...program })}\n`, resolve };
      this.#waiting.push(entry);
      this.#process().stdin.write(entry.line);
    })));
  }

  end() {
    this.#child?.stdin.end();
  }

  #process() {
    if (this.#child !== null) return this.#child;
    const child = spawn(this.#path, [], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', line => {
      const answer = JSON.parse(line);
      if (!answer.hangs) this.#waiting.shift().resolve(answer);
    });
    child.on('close', () => {
      if (this.#child !== child) return;
      this.#child = null;
      // The one that it was at ended it.
      const failed = { error: 'Engine', message: 'the process ended or did not come back' };
      this.#waiting.shift()?.resolve({ optimized: [], plain: [], n_direct: 0, failed });
      const next = this.#waiting;
      if (next.length > 0) next.forEach(entry => this.#process().stdin.write(entry.line));
    });
    return child;
  }
}
