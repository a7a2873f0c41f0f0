/** The door of a protected collection: a token opens it, the server keeps it in a cookie. */

import { ApiError, openSession } from "./api.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { told } from "./problem.js";

/** @param {() => void} opened what happens once the token is accepted */
export function wireSession(opened) {
  byId("session-form").addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    const [token, problem] = [byId("token"), byId("session-problem")];
    problem.textContent = "";
    try {
      await openSession(token.value.trim());
      token.value = "";
      opened();
    } catch (error) {
      const wrong = error instanceof ApiError && (error.status === 401 || error.status === 403);
      const { message, hint } = told(error);
      problem.textContent = wrong ? t("session.wrong") : `${message} ${hint}`;
      token.select();
    }
  });
}
