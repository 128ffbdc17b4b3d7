-- A table for the store's tests to write to.
CREATE SCHEMA things;
CREATE TABLE things.thing (id bigint PRIMARY KEY, name text NOT NULL, CHECK (name <> 'forbidden'));
