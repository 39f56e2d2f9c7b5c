package jenkins.security

/** As much of core's class as the programs call, with the fields of its `TokenInfoAndStats`. */
class ApiTokenProperty {
    private final List<TokenInfoAndStats> tokens

    ApiTokenProperty(List<List> tokens) {
        this.tokens = tokens.collect { new TokenInfoAndStats(it[0], it[1], it[2]) }
    }

    Collection<TokenInfoAndStats> getTokenList() { new ArrayList<>(tokens) }

    void revokeToken(String uuid) { tokens.removeIf { it.uuid == uuid } }

    void revokeAllTokensExceptOne(String uuid) { tokens.removeIf { it.uuid != uuid } }

    static class TokenInfoAndStats {
        public final String uuid
        public final String name
        public final Date creationDate = new Date(0)
        public final boolean isLegacy
        public final int useCounter = 3
        public final Date lastUseDate = null

        TokenInfoAndStats(String uuid, String name, boolean isLegacy) {
            this.uuid = uuid
            this.name = name
            this.isLegacy = isLegacy
        }
    }
}
