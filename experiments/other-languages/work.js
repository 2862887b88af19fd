// CPU-bound and waiting work for Node.js, under several models.
//
//     node work.js cpu MODEL WORKERS ITEMS
//     node work.js wait MODEL WORKERS SECONDS
//
// It speaks version 1 of forklore's protocol: it says ready, does its work for
// every line go, says the result, and ends with its standard input.
'use strict';

const { fork } = require('node:child_process');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const readline = require('node:readline');

const WAIT_MS = 5; // what another machine takes to answer

// cpu does items [lo, hi): each is 256 steps of a linear congruential generator.
function cpu({ lo, hi }) {
  let total = 0;
  for (let i = lo; i < hi; i++) {
    let x = i | 0;
    for (let k = 0; k < 256; k++) x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
    total += x;
  }
  return { items: hi - lo, total };
}

// wait does as many items as fit into the time: each only waits.
async function wait({ seconds }) {
  let items = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; items++) {
    await new Promise((done) => setTimeout(done, WAIT_MS));
  }
  return { items, total: 0 };
}

const kinds = { cpu, wait };

// Members answer each message with what came of it, be they threads or processes.
function serve(on, send) {
  on(async (message) => send(await kinds[message.kind](message.part)));
}

// team starts the members and waits until each has answered once.
async function team(model, workers) {
  const members = [];
  for (let w = 0; w < workers; w++) {
    const m = model === 'threads' ? new Worker(__filename) : fork(__filename, ['member']);
    members.push({
      ask: (message) => new Promise((done, fail) => {
        m.once('message', done);
        m.once('error', fail);
        if (model === 'threads') m.postMessage(message); else m.send(message);
      }),
      end: () => (model === 'threads' ? m.terminate() : m.disconnect()),
    });
  }
  await Promise.all(members.map((m) => m.ask({ kind: 'cpu', part: { lo: 0, hi: 0 } })));
  return members;
}

function parts(kind, workers, amount) {
  return Array.from({ length: workers }, (_, w) => (kind === 'wait' ? { seconds: Number(amount) }
    : { lo: Math.floor((amount * w) / workers), hi: Math.floor((amount * (w + 1)) / workers) }));
}

async function main([kind, model, count, amount]) {
  const todo = parts(kind, Number(count), amount);
  const begin = performance.now();
  const members = ['threads', 'processes'].includes(model) ? await team(model, todo.length) : [];
  const startS = (performance.now() - begin) / 1000;
  console.log('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    void line; // go
    const done = await Promise.all(todo.map((part, w) => (members[w] ? members[w].ask({ kind, part }) : kinds[kind](part))));
    const sum = (name) => done.reduce((all, d) => all + d[name], 0);
    console.log(`result items=${sum('items')} sum=${sum('total')} start_s=${startS}`);
  }
  await Promise.all(members.map((m) => m.end()));
}

if (!isMainThread) {
  serve((f) => parentPort.on('message', f), (m) => parentPort.postMessage(m));
} else if (process.argv[2] === 'member') {
  serve((f) => process.on('message', f), (m) => process.send(m));
} else {
  main(process.argv.slice(2));
}
