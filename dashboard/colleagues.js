// Whom customers and tasks can be given to: not to those who are disabled, from whom they can still be taken.
export const receivers = colleagues => colleagues.filter(c => !c.disabled_at);
