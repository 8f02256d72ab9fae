<?php
// What wp-config.php would hold.  Python's kit gives the rest through the environment.
define('ABSPATH', '/usr/share/wordpress/');
define('WP_CONTENT_DIR', getenv('WORDPRESS_FOLDER') . '/wp-content');
define('WP_HOME', getenv('WORDPRESS_URL'));
define('WP_SITEURL', WP_HOME);
define('WP_CONTENT_URL', WP_HOME . '/wp-content');
define('DB_HOST', 'localhost:' . getenv('WORDPRESS_SOCKET'));
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_DEFAULT_THEME', 'plain');
define('WP_HTTP_BLOCK_EXTERNAL', true); // it asks nobody for updates
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true); // what is scheduled becomes due when a test says so
define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords without https
define('WP_DEBUG', false);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $kind) {
    define("{$kind}_KEY", "key of $kind");
    define("{$kind}_SALT", "salt of $kind");
}
$table_prefix = 'wp_';
