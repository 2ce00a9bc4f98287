// Tasks in order of priority and age, linked through fields of their own.

import type { Queued } from "./strategy.ts";

/** Tasks of one priority, first in first out. */
export class TaskList {
  first: Queued | undefined = undefined;
  last: Queued | undefined = undefined;

  constructor(readonly queue: TaskQueue<Queued>, public priority: number) {}
}

/**
 * A queue by priority: a list each. `add` and `remove` are O(P), `first` is O(P) for P priorities in the queue (one, mostly), and
 * no step depends on the number of tasks.
 */
export class TaskQueue<T extends Queued> {
  /** Tasks in it. */
  length = 0;
  /** One for each priority. Only a single one may be empty: it is kept for what comes next. */
  readonly #lists: TaskList[] = [];

  /** @param holder Whose queue it is, so that a task says where it is. */
  constructor(readonly holder: object) {}

  /** The task that is next, left where it is. */
  get first(): T | undefined {
    let found: Queued | undefined;
    for (const { first } of this.#lists) {
      if (first !== undefined && (found === undefined || first.order < found.order)) found = first;
    }
    return found as T | undefined; // only `add` puts tasks in
  }

  /** Put a task, whose `order` is set, behind those of its priority. */
  add(task: T): void {
    const list = this.#listOf(task.priority);
    task.list = list;
    task.previous = list.last;
    task.next = undefined;
    if (list.last === undefined) list.first = task;
    else list.last.next = task;
    list.last = task;
    this.length++;
  }

  /** Take out a task that is in this queue. */
  remove(task: T): void {
    const list = task.list as TaskList;
    if (task.previous === undefined) list.first = task.next;
    else task.previous.next = task.next;
    if (task.next === undefined) list.last = task.previous;
    else task.next.previous = task.previous;
    task.list = task.previous = task.next = undefined;
    this.length--;
    if (list.first === undefined && this.#lists.length > 1) this.#lists.splice(this.#lists.indexOf(list), 1);
  }

  /** Take out all tasks, in order. */
  drain(): T[] {
    const tasks: T[] = [];
    for (let task = this.first; task !== undefined; task = this.first) {
      this.remove(task);
      tasks.push(task);
    }
    return tasks;
  }

  #listOf(priority: number): TaskList {
    const lists = this.#lists;
    for (const list of lists) if (list.priority === priority) return list;
    if (lists.length === 1 && lists[0]!.first === undefined) {
      lists[0]!.priority = priority;
      return lists[0]!;
    }
    const list = new TaskList(this as unknown as TaskQueue<Queued>, priority);
    lists.push(list);
    return list;
  }
}

/** The queue that a queued task is in. */
export function queueOf(task: Queued): TaskQueue<Queued> {
  return (task.list as TaskList).queue;
}
