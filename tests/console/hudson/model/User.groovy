package hudson.model

import jenkins.security.ApiTokenProperty

/** As much of core's class as the programs call: `getById`, `getAll`, `getProperty`, `getId`. */
class User {
    private static final List<User> ALL = [
        new User('alice', [
            ['d987d752-b057-430e-b701-622872e79196', 'leaked', false],
            ['uuid-of-kept', 'kept', false],
            ['uuid-of-old', 'old', true],
        ]),
        new User('bob', [['uuid-of-bobs', 'bobs', true]]),
        new User('carol', null),
    ]
    private final String id
    private final ApiTokenProperty property

    private User(String id, List<List> tokens) {
        this.id = id
        property = tokens == null ? null : new ApiTokenProperty(tokens)
    }

    String getId() { id }

    static User getById(String id, boolean create) { ALL.find { it.id.equalsIgnoreCase(id) } }

    static Collection<User> getAll() { ALL }

    def getProperty(Class kind) { kind == ApiTokenProperty ? property : null }
}
