-- Records that wait for another feed's: found by what they are called, when that one has brought it.

CREATE INDEX publication_absent ON ferry.publication (channel, label) WHERE state = 'absent';
