/** The panel of the members: who may look, label or manage. For managers. */
/** @import { Member } from "./types.js" */
import { html, nothing, render } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { request } from "../shared/net/api.js";
import { icon } from "../shared/view/icon.js";

const ROLES = [
  ["reader", "Reader: looks"],
  ["annotator", "Annotator: labels"],
  ["manager", "Manager: adds, removes, lets people in"],
];

export class MembersPanel {
  /**
   * @param {HTMLElement} body
   * @param {number} dataset
   * @param {boolean} mayListUsers  admins may: they need not know how a name is spelt
   */
  constructor(body, dataset, mayListUsers) {
    this.body = body;
    this.mayListUsers = mayListUsers;
    /** @type {string[]} */
    this.usernames = [];
    this.path = `/api/datasets/${dataset}/members/`;
    /** @type {Member[]} */
    this.members = [];
    this.error = "";
  }

  async load() {
    await this.#do(async () => {});
    if (!this.mayListUsers) return;
    /** @type {{username: string, is_active: boolean}[]} */
    const users = await request("GET", "/api/users/").catch(() => []); // names can be typed all the same
    this.usernames = users.filter((user) => user.is_active).map(({ username }) => username);
    this.draw();
  }

  draw() {
    render(
      html`${this.error === "" ? nothing : html`<p class="notice notice-danger" role="alert">${icon("triangle-alert")}<span>${this.error}</span></p>`}
        <ul class="member-list" aria-label="Members">${this.members.map((member) => this.#row(member))}</ul>
        ${this.members.length === 0 ? html`<p class="muted">No members yet; admins see every dataset.</p>` : nothing}
        ${this.mayListUsers ? html`<datalist id="usernames">${this.#strangers().map((name) => html`<option value=${name}></option>`)}</datalist>` : nothing}
        <form class="member-new" @submit=${(/** @type {SubmitEvent} */ event) => void this.#add(event)}>
          <input class="input" name="username" placeholder="Username" aria-label="Username of a new member" list=${this.mayListUsers ? "usernames" : nothing} required maxlength="150" autocomplete="off" autocapitalize="none" spellcheck="false">
          <select class="input" name="role" aria-label="Role of the new member">${ROLES.map(([role, words]) => html`<option value=${role} ?selected=${role === "annotator"}>${words}</option>`)}</select>
          <button class="button button-small" type="submit">Add</button>
        </form>
        ${this.mayListUsers
          ? html`<p class="small member-users">Whoever has no account yet gets one under <a href="/users/">Users</a>.</p>`
          : html`<p class="small muted member-users">Whoever has no account yet gets one from an admin.</p>`}`,
      this.body,
    );
  }

  /** Users who are no members yet. */
  #strangers() {
    const members = new Set(this.members.map(({ username }) => username));
    return this.usernames.filter((name) => !members.has(name));
  }

  /** @param {Member} member */
  #row(member) {
    const change = (/** @type {Event} */ event) => {
      const role = /** @type {HTMLSelectElement} */ (event.target).value;
      void this.#do(() => request("POST", this.path, { username: member.username, role }));
    };
    return html`<li class="member-row"><span class="member-name" title=${member.username}>${member.username}</span>
      <select class="input" aria-label="Role of ${member.username}" .value=${live(member.role)} @change=${change}>${ROLES.map(([role]) => html`<option value=${role} ?selected=${role === member.role}>${role}</option>`)}</select>
      <button class="button button-quiet button-small button-icon" type="button" aria-label="Take ${member.username} out" title="Take out; their labels stay" @click=${() => void this.#do(() => request("DELETE", `${this.path}${member.user}/`))}>${icon("x")}</button></li>`;
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = new FormData(form);
    if (await this.#do(() => request("POST", this.path, { username: data.get("username"), role: data.get("role") }))) form.reset();
  }

  /** @param {() => Promise<unknown>} action */
  async #do(action) {
    this.error = "";
    try {
      await action();
      this.members = await request("GET", this.path);
      return true;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      this.draw();
    }
  }
}
