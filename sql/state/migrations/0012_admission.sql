-- Rules of the channel that keep portal orders out, or before a person.

-- admitted: a person has asked for it by a retry, rules are not asked any more.
-- left_alone: skipped by such a rule; another document, or another rule, may let it in.
ALTER TABLE ferry.portal_order ADD admitted boolean NOT NULL DEFAULT false, ADD left_alone boolean NOT NULL DEFAULT false;
