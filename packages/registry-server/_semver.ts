// One place for the types of a package that has none of its own.

// @ts-types="@types/semver"
import semver from "semver";

export const { valid, validRange, maxSatisfying, rcompare, satisfies, prerelease }: typeof semver = semver;
